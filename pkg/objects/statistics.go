package objects

// Statistics is a category of the running server's counters. Its table has the
// counters with a meaning of their own; those that count why packets were
// dropped are dynamic, so every name is an attribute.
var Statistics = class("statistics", "Counters of the running server")

// The counters.
var (
	StatsStartProcess = Statistics.date("start-time-process", "", Basic, "When the process started", readOnly)
	StatsStartServer  = Statistics.date("start-time-server", "", Basic, "When it last began to serve", readOnly)
	StatsReloadTime   = Statistics.date("last-reload-time", "", Basic, "When the running configuration was loaded", readOnly)
	StatsResetTime    = Statistics.date("stats-reset-time", "", Basic, "When the counters were last set to zero", readOnly)
)

func init() {
	Statistics.Runtime = true
	Statistics.Prefixes = []string{""}
}
