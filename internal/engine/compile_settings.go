package engine

import (
	"net/netip"
	"time"

	"leasehold/internal/expr"
	"leasehold/pkg/objects"
)

// settings are the attributes of the dhcp object that packets meet.
type settings struct {
	clientClass      bool
	classLookup      *expr.Program
	skipClientLookup bool
	userClass        int

	deferExtensions    bool
	granularity        int64 // of the stored last-transaction time, seconds
	oneLease           int   // objects.ManyLeasesPerClient, ...
	mostAvailable      bool
	macOnly            bool
	maskFromPolicy     bool
	returnFQDN         bool
	useHostName        bool
	trimHostName       bool
	hardwareUnicast    bool
	saveVendorClass    bool
	vpnCommunication   bool
	ignoreOption       [256]bool
	ignoreOtherServers bool
	ignoreICMPErrors   bool
	importMode         bool

	maxRequests  int
	maxResponses int
	maxWaiting   int
	maxPings     int
	dropOld      time.Duration

	log        objects.FlagSet
	traceLevel int
}

func (b *builder) compileSettings() {
	o := b.dhcp()
	s := &b.plan.settings
	*s = settings{
		clientClass:        objects.DhcpClientClass.Of(o),
		classLookup:        b.program(o, objects.DhcpClientClassLookupID),
		skipClientLookup:   objects.DhcpSkipClientLookup.Of(o),
		userClass:          objects.DhcpMapUserClassID.Of(o),
		deferExtensions:    objects.DhcpDeferLeaseExtensions.Of(o),
		granularity:        max(60, seconds(objects.DhcpLastTransactionGranularity.Of(o))),
		oneLease:           objects.DhcpOneLeasePerClient.Of(o),
		mostAvailable:      objects.DhcpEqualPriorityMostAvailable.Of(o),
		macOnly:            objects.DhcpMacAddressOnly.Of(o),
		maskFromPolicy:     objects.DhcpGetMaskFromPolicy.Of(o),
		returnFQDN:         objects.DhcpReturnClientFQDN.Of(o),
		useHostName:        objects.DhcpUseHostName.Of(o),
		trimHostName:       objects.DhcpTrimHostName.Of(o),
		hardwareUnicast:    objects.DhcpHardwareUnicast.Of(o),
		saveVendorClass:    objects.DhcpSaveVendorClassID.Of(o),
		vpnCommunication:   objects.DhcpVpnCommunication.Of(o),
		ignoreOtherServers: objects.DhcpIgnoreForOtherServers.Of(o),
		ignoreICMPErrors:   objects.DhcpIgnoreIcmpErrors.Of(o),
		importMode:         objects.DhcpImportMode.Of(o),
		maxRequests:        max(1, objects.DhcpMaxDhcpRequests.Of(o)),
		maxResponses:       max(1, objects.DhcpMaxDhcpResponses.Of(o)),
		maxWaiting:         objects.DhcpMaxWaitingPackets.Of(o),
		maxPings:           objects.DhcpMaxPingPackets.Of(o),
		dropOld:            time.Duration(objects.DhcpDropOldPackets.Of(o)) * time.Second,
		log:                objects.DhcpLogSettings.Of(o),
		traceLevel:         objects.DhcpExpressionTrace.Of(o),
	}
	for _, name := range objects.DhcpIgnoreCiscoOptions.Of(o) {
		if d, err := b.plan.catalog.Lookup(name); err == nil && d.Code >= 0 && d.Code < 256 {
			s.ignoreOption[d.Code] = true
		}
	}
	b.compileInterfaces(o)
}

// responsesPerRequest is how many responses there must be room for with
// failover: leases that wait for the disk hold theirs longer.
const responsesPerRequest = 4

// interfaceRule is a dhcp-interface object: the interface of that name, or the
// one that has the address.
type interfaceRule struct {
	name    string
	address netip.Addr
	ignore  bool
}

func (b *builder) compileInterfaces(dhcp *objects.Object) {
	p := b.plan
	p.discoverInterfaces = objects.DhcpDiscoverInterfaces.Of(dhcp)
	for _, o := range b.cfg.All(objects.DhcpInterface) {
		r := interfaceRule{name: o.Name, ignore: objects.InterfaceIgnore.Of(o)}
		if at, err := netip.ParsePrefix(objects.InterfaceAddress.Of(o)); err == nil && isSet(at.Addr()) {
			r.address = at.Addr()
		}
		p.interfaces = append(p.interfaces, r)
		p.limitInterfaces = p.limitInterfaces || r.ignore
	}
	if !p.discoverInterfaces {
		p.limitInterfaces = true
		if len(p.interfaces) == 0 {
			b.warned = append(b.warned, objects.Errorf(objects.OkWithWarnings,
				"dhcp %s: is disabled and no dhcp-interface is configured: only relayed clients are served", objects.DhcpDiscoverInterfaces.Name))
		}
	}
}
