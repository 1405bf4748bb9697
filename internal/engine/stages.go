package engine

// action is what happens to an exchange after a stage.
type action uint8

const (
	next action = iota
	drop
	nak
	park // somebody else holds the exchange and will go on with it
)

// verdict is a stage's answer.
type verdict struct {
	act action
	why Outcome // of drop and nak
}

var goOn = verdict{}

func dropped(why Outcome) verdict { return verdict{drop, why} }
func refused(why Outcome) verdict { return verdict{nak, why} }

// stageTable is the packet path. Those before classifyStage run where the
// packet was read, in the order of arrival; the others on the worker of the
// client's shard; send on the worker or, after a commit, on the committer. What
// is left to a partner ends where it was read (standby.go).
var stageTable [numStages]struct {
	name string
	run  func(*exchange) verdict
}

const (
	parseStage = iota
	admitStage
	classifyStage
	locateStage
	bindStage
	probeStage
	encodeStage
	commitStage
	lengthenStage
	sendStage
	numStages
)

func init() {
	stageTable = [numStages]struct {
		name string
		run  func(*exchange) verdict
	}{
		parseStage:    {"parse", (*exchange).parse},
		admitStage:    {"admit", (*exchange).admit},
		classifyStage: {"classify", (*exchange).classify},
		locateStage:   {"locate", (*exchange).locate},
		bindStage:     {"bind", (*exchange).bind},
		probeStage:    {"probe", (*exchange).ping},
		encodeStage:   {"encode", (*exchange).encode},
		commitStage:   {"commit", (*exchange).commit},
		lengthenStage: {"lengthen", (*exchange).lengthen},
		sendStage:     {"send", (*exchange).send},
	}
}

// run takes the exchange through the stages from one up to, not including,
// another. It returns true if the exchange passed them all and is still the
// caller's.
func (ex *exchange) run(from, to int) bool {
	for i := from; i < to; i++ {
		v := stageTable[i].run(ex)
		switch v.act {
		case next:
		case drop:
			ex.finish(v.why)
			return false
		case nak:
			ex.refuse(v.why)
			return false
		case park:
			return false
		}
	}
	return true
}

// work takes the exchange from a stage to the end.
func (ex *exchange) work(from int) { ex.run(from, numStages) }

// refuse answers with a DHCPNAK.
func (ex *exchange) refuse(why Outcome) {
	ex.unclaim()
	ex.success = why
	ex.encodeNak()
	ex.silent = false
	ex.send()
}

// finish counts the packet's outcome, writes its log line and recycles the
// exchange. It is the only end of an exchange.
func (ex *exchange) finish(why Outcome) {
	ex.unclaim()
	ex.logOutcome(why)
	s := ex.server
	s.stats.count(ex.countedScope(), why)
	ex.recycle()
	s.inFlight.release()
}

// countedScope is the scope that the outcome is counted for: the one chosen,
// else the first of the network; nil if not even the network is known.
func (ex *exchange) countedScope() *scope {
	switch {
	case ex.scope != nil:
		return ex.scope
	case ex.network != nil:
		return ex.network.scopes[0]
	}
	return nil
}
