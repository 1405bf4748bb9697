package objects

// ClientClass is a kind of client.
var ClientClass = class("client-class", "A kind of client and how it is served")

// What a client-class says. Those that a client may say too hold for clients
// that do not.
var (
	ClassName            = ClientClass.named("Name of the client-class")
	ClassAction          = ClientClass.flags("action", "", Basic, "exclude=1 deprecated-one-shot=2 deprecated-use-release-grace-period=3 none=32", "exclude ignores the clients of the class")
	ClassEnvironment     = ClientClass.text("add-to-environment-dictionary", "", Expert, "Values for expressions: a1=v1,a2=v2", checked(pairs))
	ClassClientLookupID  = ClientClass.expr("client-lookup-id", "", Basic, "Expression that makes the name under which the client is looked up")
	ClassDefaultVPN      = ClientClass.ref("default-vpn", "", Basic, "vpn", "VPN of clients whose packets name none")
	ClassDomainName      = ClientClass.dname("domain-name", "", Basic, "Domain of the clients' names")
	ClassEmbeddedPolicy  = ClientClass.embeds(ClientClassPolicy, "Policy of this client-class alone, changed by client-class-policy")
	ClassHostName        = ClientClass.text("host-name", "", Basic, hostNameHelp, checked(hostNameRule))
	ClassLimitationID    = ClientClass.expr("limitation-id", "", Basic, "Expression that makes the identity whose active leases are counted against limitation-count")
	ClassOverLimit       = ClientClass.ref("over-limit-client-class-name", "", Basic, "client-class", "Client-class of a client that would be one too many for its limitation-id")
	ClassOverrideID      = ClientClass.expr("override-client-id", "", Basic, "Expression that makes the client identifier that the client is taken to have")
	ClassOverrideVPN     = ClientClass.ref("override-vpn", "", Basic, "vpn", "VPN of the clients whatever their packets say")
	ClassPolicyName      = ClientClass.ref("policy-name", "", Basic, "policy", "Policy of the clients")
	ClassCriteria        = ClientClass.list("selection-criteria", "", Basic, "Tags that a scope must have all of to serve the clients")
	ClassUnauthClassName = ClientClass.ref("unauthenticated-client-class-name", "", Basic, "client-class", "Client-class of clients whose time of authentication is over")
	ClassUserDefined     = ClientClass.text("user-defined", "", Basic, "A remark", between(0, 1024))
	ClassV6LookupID      = ClientClass.expr("v6-client-lookup-id", "", Expert, "The client-lookup-id of DHCPv6 clients", inert(noV6))
	ClassV6OverrideID    = ClientClass.expr("v6-override-client-id", "", Expert, "The override-client-id of DHCPv6 clients", inert(noV6))
)

func init() {
	ClientClass.Reserved = []string{"<none>"}
}
