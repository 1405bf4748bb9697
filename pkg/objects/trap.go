package objects

// AddrTrap says when the free addresses of a scope are too few.
var AddrTrap = class("addr-trap", "When traps tell that free addresses run low, and that there are enough again")

// What a free-address trap says.
var (
	TrapName   = AddrTrap.named("Name of the configuration")
	TrapEnable = AddrTrap.feature("enable", "enabled", Basic, "Send the traps")
	TrapLow    = AddrTrap.percent("low-threshold", "20%", Basic, "Share of free addresses at which the trap of few is sent, and that of enough is armed again")
	TrapHigh   = AddrTrap.percent("high-threshold", "25%", Basic, "Share of free addresses at which the trap of enough is sent, and that of few is armed again")
	TrapMode   = AddrTrap.enum("mode", "scope", Basic, "scope=1 network=2 selection-tags=3 prefix=4 link=5 v6-selection-tags=6 countonly=7 v6-countonly=8", "What the free addresses are counted over")
)

// TrapRecipient is who is sent the server's traps.
var TrapRecipient = class("trap-recipient", "A machine that is sent the server's SNMP traps")

// Where it is.
var (
	RecipientName      = TrapRecipient.named("Name of the recipient")
	RecipientAddr      = TrapRecipient.address("ip-addr", "", Basic, "Address of the recipient")
	RecipientPort      = TrapRecipient.integer("port-number", "162", Basic, "Port of the recipient", between(1, 65535))
	RecipientCommunity = TrapRecipient.text("community", "public", Basic, "Community of the traps", secret)
)

func init() {
	AddrTrap.Check = checkAddrTrap
	doesNotAct(noTraps, AddrTrap, TrapRecipient)
}

func checkAddrTrap(o *Object, _ *Config) []*Error {
	if low, high := TrapLow.Of(o), TrapHigh.Of(o); low >= high {
		return []*Error{Errorf(Invalid, "%s low-threshold: %d%% is not below high-threshold, %d%%", o.Ref(), low, high)}
	}
	return nil
}
