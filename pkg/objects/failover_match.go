package objects

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Match is an entry of a failover pair's match list.
type Match struct {
	VPN    string // "" is none
	Subnet netip.Prefix
}

func (m Match) String() string { return JoinVPN(m.VPN, m.Subnet.String()) }

// overlaps tells whether some scope could be in both.
func (m Match) overlaps(o Match) bool {
	return strings.EqualFold(m.VPN, o.VPN) && m.Subnet.Overlaps(o.Subnet)
}

// Covers tells whether each scope in o is in m.
func (m Match) Covers(o Match) bool {
	return strings.EqualFold(m.VPN, o.VPN) && m.Subnet.Bits() <= o.Subnet.Bits() && m.Subnet.Contains(o.Subnet.Addr())
}

// ParseMatch reads [vpn/]ipaddr/mask, the mask as bits or as an address. Host
// bits go: the address may be any of the subnet's.
func ParseMatch(text string) (Match, error) {
	wrong := fmt.Errorf("must be [<vpn>/]<ipaddr>/<mask> such as 192.168.70.0/24")
	i := strings.LastIndexByte(text, '/')
	if i < 0 {
		return Match{}, wrong
	}
	vpn, addr := SplitVPN(text[:i])
	ip, err := ParseIPv4(addr)
	if err != nil {
		return Match{}, wrong
	}
	bits, err := strconv.Atoi(text[i+1:])
	if err != nil {
		var ok bool
		if bits, ok = maskBits(text[i+1:]); !ok {
			return Match{}, wrong
		}
	}
	p, err := ip.Prefix(bits)
	if err != nil || strings.ContainsAny(vpn, ", ") {
		return Match{}, wrong
	}
	return Match{vpn, p}, nil
}

// ParseMatches reads a comma list of matches, sorted and each once.
func ParseMatches(list string) ([]Match, error) {
	if list == "" {
		return nil, nil
	}
	var ms []Match
	for item := range strings.SplitSeq(list, ",") {
		m, err := ParseMatch(item)
		if err != nil {
			return nil, fmt.Errorf("%q %w", shorten(item), err)
		}
		ms = append(ms, m)
	}
	slices.SortFunc(ms, func(a, b Match) int {
		if d := CompareNames(a.VPN, b.VPN); d != 0 {
			return d
		}
		if d := a.Subnet.Addr().Compare(b.Subnet.Addr()); d != 0 {
			return d
		}
		return a.Subnet.Bits() - b.Subnet.Bits()
	})
	return slices.CompactFunc(ms, func(a, b Match) bool {
		return strings.EqualFold(a.VPN, b.VPN) && a.Subnet == b.Subnet
	}), nil
}

// FormatMatches writes matches canonically.
func FormatMatches(ms []Match) string {
	items := make([]string, len(ms))
	for i, m := range ms {
		items[i] = m.String()
	}
	return strings.Join(items, ",")
}

// matches declares a match list.
func (c *Class) matches(name, def string, vis int, help string) Handle[[]Match] {
	rule := func(text string) error {
		_, err := ParseMatches(text)
		return err
	}
	read := func(text string) []Match {
		ms, _ := ParseMatches(text)
		return ms
	}
	return Handle[[]Match]{c.list(name, def, vis, help, checked(rule)).Attr, read}
}

// settlePair brings the match list into order and the fingerprints into the form
// in which they are shown.
func settlePair(o *Object) *Error {
	for _, h := range []Handle[string]{FailoverPairMainPrint, FailoverPairBackupPrint} {
		if sum, err := ParseFingerprint(h.Of(o)); err == nil {
			o.Attrs[h.Name] = formatFingerprint(sum)
		}
	}
	if text, ok := o.Attrs[FailoverPairMatches.Name]; ok {
		ms, err := ParseMatches(text)
		if err != nil {
			return Errorf(Invalid, "failover-pair match-list: %v", err)
		}
		o.Attrs[FailoverPairMatches.Name] = FormatMatches(ms)
	}
	return nil
}

// pairArguments reads <main> <backup> [addMatch <match>]...
func pairArguments(args []string) ([]Assignment, *Error) {
	var servers []string
	var matches []string
	for i := 0; i < len(args); i++ {
		switch {
		case !strings.EqualFold(args[i], "addMatch"):
			servers = append(servers, args[i])
		case i+1 == len(args):
			return nil, Errorf(TooFewArguments, "failover-pair create: addMatch takes [<vpn>/]<ipaddr>/<mask>")
		default:
			i++
			matches = append(matches, args[i])
		}
	}
	switch {
	case len(servers) < 2:
		return nil, Errorf(TooFewArguments, "failover-pair create needs the main server and the backup server: <main> <backup>")
	case len(servers) > 2:
		return nil, Errorf(TooManyArguments, "failover-pair create does not know what %q is", shorten(servers[2]))
	}
	as := []Assignment{{"main-server", servers[0]}, {"backup-server", servers[1]}}
	if len(matches) > 0 {
		as = append(as, Assignment{"match-list", strings.Join(matches, ",")})
	}
	return as, nil
}
