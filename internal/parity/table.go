package parity

import (
	"slices"
	"sync"

	"leasehold/pkg/objects"
)

// Row is a row of Table 27-1. The named properties that its functions work on
// are the objects of its classes, each with all its attributes as the value;
// where a class is split into groups, they are the attributes of each object.
type Row struct {
	Data    string   // what it is about, in the guide's words
	Group   string   // the properties of the objects that the row is about; "" is all
	Classes []string // with the embedded policies of their objects
	Attrs   []string // those of the group; nil: those in no other group of the class
	Dynamic bool     // the group has the option values, too
	By      [3]Function
	// Unique is why objects that only the target has stay there although the
	// function is exact; "" where they go.
	Unique string
}

// The cells of a row, for update, complete and exact.
var (
	always  = [3]Function{Replace, Replace, Replace}
	growing = [3]Function{Ensure, Replace, Mirror}
	common  = [3]Function{Replace, Replace, Mirror}
	mirror  = [3]Function{Mirror, Mirror, Mirror}
	others  = [3]Function{NoChange, Replace, Replace}
)

const (
	dhcpServer = "DHCP Server"
	optionInfo = "Option Information"
	anyOther   = "All other properties"
)

// Table is Table 27-1. The rows with an empty cell of Data are not in the
// guide: classes that belong to rows of it are treated as those.
var Table = []Row{
	{Data: dhcpServer, Group: "Client-Class Properties", Classes: []string{"dhcp"}, By: always, Attrs: []string{
		"client-cache-count", "client-cache-ttl", "client-class", "client-class-lookup-id", "map-radius-class",
		"map-radius-pool-name", "map-user-class-id", "skip-client-lookup", "validate-client-name-as-mac"}},
	{Data: dhcpServer, Group: "Client Hostname Properties", Classes: []string{"dhcp"}, By: always, Attrs: []string{
		"return-client-fqdn-if-asked", "trim-host-name", "use-client-fqdn", "use-client-fqdn-first", "use-host-name"}},
	{Data: dhcpServer, Group: "DNS Update Properties", Classes: []string{"dhcp"}, By: always, Attrs: []string{
		"dns-timeout", "force-dns-updates", "ha-dns-failover-timeout", "max-dns-packets", "max-dns-renaming-retries",
		"max-dns-retries", "max-dns-ttl", "synthesize-reverse-zone", "update-dns-for-bootp", "use-dns-update-prereqs"}},
	{Data: dhcpServer, Group: "Failover Tuning Properties", Classes: []string{"dhcp", "failover-pair"}, By: always, Attrs: PairTuning},
	{Group: "What makes scopes the pair's", Classes: []string{"failover-pair"}, By: always, Attrs: PairMembership}, // goes with the scopes
	{Data: dhcpServer, Group: anyOther, Classes: []string{"dhcp", "failover-pair"}, By: others, Dynamic: true},
	{Data: "LDAP Remote Server", Classes: []string{"ldap"}, By: growing, Unique: "exact keeps LDAP servers that only the target has"},
	{Data: "Policy", Group: "Option List Properties", Classes: []string{"policy"}, By: growing, Dynamic: true, Attrs: []string{
		"v4-reply-options", "v4-bootp-reply-options"}},
	{Data: "Policy", Group: "Packet Boot File Properties", Classes: []string{"policy"}, By: growing, Attrs: []string{
		"packet-file-name", "packet-server-name", "packet-siaddr"}},
	{Data: "Policy", Group: anyOther, Classes: []string{"policy"}, By: common},
	{Data: "Client", Classes: []string{"client"}, By: common},
	{Data: "Client-Class", Classes: []string{"client-class"}, By: common},
	{Data: "Scopes (related to failover pair)", Classes: []string{"scope", "reservation"}, By: mirror},
	{Data: "DNS Update Configuration", Classes: []string{"dhcp-dns-update"}, By: common},
	{Data: "Trap Configuration", Classes: []string{"addr-trap", "trap-recipient"}, By: growing},
	{Data: "VPN", Classes: []string{"vpn"}, By: common},
	{Data: "Key", Classes: []string{"key"}, By: common},
	{Data: "Extensions", Classes: []string{"extension"}, By: growing},
	{Data: "Extension Point", Classes: []string{"extension-point"}, By: always, Unique: "exact keeps extension points that only the target has"},
	{Data: optionInfo, Group: "Custom options list", Classes: []string{"option"}, By: growing},
	{Data: optionInfo, Group: "Vendor options list", Classes: []string{"option-set"}, By: growing},
	{Classes: []string{"scope-selection-tag"}, By: common}, // as Client-Class, which names them
	{Classes: []string{"scope-template"}, By: common},      // as Policy
}

// PairTuning is Table 27-2: the attributes of a failover pair that any sync
// carries over. A dhcp object has those of the same names.
var PairTuning = []string{"failover-bulking", "failover-poll-interval", "failover-poll-timeout", "recover"}

// PairMembership are the attributes of a failover pair that decide which scopes
// the two servers serve together, and how far ahead of each other. The scopes go
// over in every mode, and these with them: one that the target served outside the
// pair would be served by both servers, each for itself.
var PairMembership = []string{"match-list", "failover", "main-server", "backup-server", "mclt"}

// localAttrs are attributes beside those marked LocalOnly that each server has
// for itself.
var localAttrs = map[string][]string{
	// They name clusters, which are a server's own; the addresses that they
	// stand for travel as main-server and backup-server.
	"failover-pair": {"main", "backup"},
	// One server takes leases in while its partner serves the clients.
	"dhcp": {"import-mode"},
}

// classRows is what the table says of one class.
type classRows struct {
	rows  []*Row
	attrs []string        // that travel, in alphabetical order
	local map[string]bool // attributes of the class that do not
}

// byClass reads the table once; an embedded policy's rows are its owner's.
var byClass = sync.OnceValue(func() map[*objects.Class]*classRows {
	all := map[*objects.Class]*classRows{}
	for _, class := range objects.Classes() {
		name := class.Name
		if class.Owner != "" {
			name = class.Owner
		}
		c := &classRows{local: map[string]bool{}}
		for i := range Table {
			if slices.Contains(Table[i].Classes, name) && !class.Runtime && !class.LocalOnly {
				c.rows = append(c.rows, &Table[i])
			}
		}
		for _, a := range class.Attrs {
			if a.LocalOnly || a.ReadOnly || a.Kind == objects.Obj || slices.Contains(localAttrs[class.Name], a.Name) {
				c.local[a.Name] = true
			} else if len(c.rows) > 0 {
				c.attrs = append(c.attrs, a.Name)
			}
		}
		slices.Sort(c.attrs)
		c.attrs = slices.Clip(c.attrs)
		all[class] = c
	}
	return all
})

// rowsOf returns the rows of a class.
func rowsOf(class *objects.Class) []*Row { return byClass()[class].rows }

// Travels tells whether objects of the class are the same on both servers of a
// pair.
func Travels(class *objects.Class) bool { return len(rowsOf(class)) > 0 }

// travelling lists the classes that travel, in order of declaration.
func travelling() []*objects.Class {
	return slices.DeleteFunc(slices.Clone(objects.Classes()), func(c *objects.Class) bool { return !Travels(c) })
}

// split tells whether the class's rows are about attributes, not whole objects.
func split(class *objects.Class) bool {
	return class == objects.Dhcp || class == objects.FailoverPair || class == objects.Policy
}

// RowOf returns the row that an attribute of the class is in; nil if it is
// local to each server. The name may be a dynamic one.
func RowOf(class *objects.Class, attr string) *Row {
	if !carried(class, attr) {
		return nil
	}
	rows := rowsOf(class)
	dynamic := class.Attr(attr) == nil
	for _, r := range rows {
		if slices.Contains(r.Attrs, attr) || dynamic && r.Dynamic {
			return r
		}
	}
	for _, r := range rows {
		if r.Attrs == nil {
			return r
		}
	}
	return nil
}

// carried tells whether an attribute travels: it is stored and not local.
func carried(class *objects.Class, attr string) bool {
	if class.Attr(attr) == nil {
		return Travels(class) && class.Dynamic(attr)
	}
	return Travels(class) && !byClass()[class].local[attr]
}
