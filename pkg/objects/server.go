package objects

// Server is the command that addresses a server of the cluster by its type:
// server dhcp reload is dhcp reload.
var Server = class("server", "The servers of the cluster; server dhcp X does what dhcp X does")

// ServerStartOnReboot is kept for the DHCP server.
var ServerStartOnReboot = Server.feature("start-on-reboot", "enabled", Basic, "Start serving when the server process starts", localOnly)

func init() {
	Server.Singleton, Server.LocalOnly = true, true
	Server.Methods = append(serviceMethods(), serverMethods...)
}

// serviceMethods are the commands that dhcp and server dhcp have in common.
func serviceMethods() []Method {
	return []Method{
		{Name: "start", Help: "Begin to serve"},
		{Name: "stop", Help: "Stop serving; the process stays"},
		{Name: "reload", Usage: "[force]", Max: 1, Help: "Make the stored configuration the running one; with force also if scopes that hold live leases go"},
		{Name: "getHealth", ReadOnly: true, Help: "Tell how well the server is, 10 is best and 0 is not serving, and why if it is not 10"},
		{Name: "getStats", Usage: "[[all | server [,] failover [,] dhcpv6] [total | sample]]", Max: -1, ReadOnly: true, Help: "Show the server's counters"},
		{Name: "getRelatedServers", Usage: "[column-separator=<string>] [full-format]", Max: 2, ReadOnly: true, Help: "Show the servers that this one talks to and the state of each"},
		{Name: "setPartnerDown", Usage: "<partner> [<date>] [-force]", Min: 1, Max: -1, Dated: true, Flags: []string{"-force"}, Help: "Tell the server that its failover partner, by name or address, is down, since the date if one is given, now otherwise; with -force also since a time before it was last heard"},
		{Name: "serverLogs", Usage: "show | nlogs=<n> logsize=<bytes>", Min: 1, Max: 2, Help: "Show or set how many log files are kept, and how large", Unsupported: "the size of log files is fixed"},
		{Name: "setDebug", Usage: "<expr> [MLOG | <output>]", Min: 1, Max: 2, Help: "Log more of failover, category Y, until unsetDebug or the end of the server process: Y=1 every transfer and conflict beside the changes of state, Y=2 also messages by their type, Y=3 also each lease update, Y=4 messages in full. Y=3 and Y=4 slow the server"},
		{Name: "unsetDebug", Help: "Log what log-settings say, and no more"},
	}
}

var serverMethods = []Method{
	{Name: "resetStats", Help: "Set the statistics back to zero"},
	{Name: "updateSms", Usage: "[all]", Max: 1, Help: "Send leases to the SMS", Unsupported: noSMS},
}
