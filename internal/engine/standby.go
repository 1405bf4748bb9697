package engine

import "leasehold/pkg/failover/binding"

// Relays send what clients say to both servers of a pair, so each hears as much
// that only its partner answers as what it answers itself. Such a packet is
// dropped where it is read, before it stands in any line.

// partnersTurn tells whether one of the partners serves clients like this one.
func (ex *exchange) partnersTurn() bool {
	for _, p := range ex.plan.pairs {
		if a := p.Authority(); a.Answers(binding.Discover, ex.bucket(a), ex.msg.Secs) == binding.SilentPartner {
			return true
		}
	}
	return false
}

// leftToPartner ends an exchange that this server would drop for its partner's
// sake, and tells whether it did. What takes more than a look at the packet to
// say so is left to the worker.
func (ex *exchange) leftToPartner() bool {
	switch ex.kind {
	case discover, selecting, rebooting, bootp:
	default:
		return false
	}
	if ex.plan.settings.clientClass || !ex.partnersTurn() {
		return false
	}
	if !ex.run(classifyStage, bindStage) {
		return true
	}
	why := ex.server.mayAnswer(ex)
	if why == noOutcome && ex.kind == selecting && ex.offersNothing() {
		if id, _ := ex.msg.ServerID(); !ex.addressesUs(id) {
			why = DropOtherServer
		}
	}
	if why == noOutcome {
		return false
	}
	ex.finish(why)
	return true
}
