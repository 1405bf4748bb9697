package core

import "leasehold/pkg/failover/wire"

// entries are what is done upon entry to a state, whatever led there, once
// the state is stored and the partner told.
var entries map[wire.ServerState][]begin

// begin is one thing that begins with a state.
type begin struct {
	text string
	do   func(*Machine)
}

func init() { // the functions come back here
	entries = map[wire.ServerState][]begin{
		normal: {
			{"ask for all leases, if they were lost and this server was made to serve without them, and for what is not known if the MCLT was made shorter", (*Machine).askStill},
			{"hear a dhcpd out before it is told that addresses are free", (*Machine).hearOut},
			{"send all updates that the partner has not acknowledged", (*Machine).tellAll},
			{"share out the free addresses; the secondary sends POOLREQ", (*Machine).startBalance},
		},
		interrupted: {{"start the safe period, if there is one", (*Machine).startSafePeriod}},
		partnerDown: {{"free what the partner cannot have given", (*Machine).startReclaim}},
		conflict: {
			{"the primary sends UPDREQ; so does the secondary once the primary is in CONFLICT-DONE", (*Machine).startResolution},
		},
		recoverWait: {{"wait until MCLT after this server's last operation", (*Machine).startWait}},
		paused:      {{"close the connection; the stored state is the one before", (*Machine).stopNow}},
		shutdown:    {{"wait some seconds for the partner's PARTNER-DOWN, then close the connection", (*Machine).stopSoon}},
	}
}
