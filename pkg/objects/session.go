package objects

// Session is the running nrcmd's own settings; they live in the program.
var Session = class("session", "Settings of this session")

// What a session is.
var (
	SessionCluster      = Session.text("cluster", "", Basic, "Cluster that the session is connected to", readOnly)
	SessionVPN          = Session.ref("current-vpn", "", Basic, "vpn", "VPN of addresses that name none")
	SessionFormat       = Session.enum("default-format", "user", Basic, "user=1 script=2", "How objects are printed: a block of lines for a person, or a line each for a program")
	SessionDHCPEditMode = Session.enum("dhcp-edit-mode", "staged", Basic, "staged=1 synchronous=2", "Whether changes wait for a reload of the server or take effect at once", alias("scope-edit-mode"))
	SessionDNSEditMode  = Session.enum("dns-edit-mode", "staged", Basic, "staged=1 synchronous=2", "The same for DNS", alias("zone-edit-mode"), inert("DNS is not served"))
	SessionGroups       = Session.list("groups", "", Basic, "Groups of the administrator", readOnly, inert("administrators are in no groups"))
	SessionRoles        = Session.list("roles", "", Basic, "Roles of the administrator", readOnly)
	SessionUser         = Session.text("user-name", "", Basic, "Administrator who is logged in", readOnly)
	SessionVisibility   = Session.integer("visibility", "5", Basic, "Which commands and attributes there are: 5 the basic ones, 3 those for experts, 1 all", between(1, 5))
)

// The words of default-format and of the edit modes.
const (
	FormatUser      = 1
	FormatScript    = 2
	EditStaged      = 1
	EditSynchronous = 2
)

func init() {
	Session.Singleton, Session.Runtime = true, true
	Session.Methods = []Method{
		{Name: "assert", Usage: "locked", Min: 1, Max: 1, ReadOnly: true, Help: "Stop a batch unless the assertion holds"},
		{Name: "cache", Usage: "refresh | clear", Min: 1, Max: 1, ReadOnly: true, Help: "Forget names and tables fetched from the server"},
		{Name: "changes", Usage: "[<class> [<name>]] [limit=<n>]", Max: 3, ReadOnly: true, Help: "List the latest changes of the configuration: who, when, from where, before and after"},
		{Name: "difference", ReadOnly: true, Help: "List what differs between the stored configuration and the running one"},
		{Name: "log", Usage: "[<file>]", Max: 1, ReadOnly: true, Help: "Write the session to a file too; without a file, stop"},
		{Name: "listNetInterfaces", ReadOnly: true, Help: "List the network interfaces of the server", Unsupported: "nrcmd does not see the server's interfaces"},
	}
}
