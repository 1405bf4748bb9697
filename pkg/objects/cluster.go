package objects

// Cluster is a server that this one may be managed with.
var Cluster = class("cluster", "A server known by name, for what is done on several")

// What a cluster says.
var (
	ClusterName        = Cluster.named("Name of the cluster")
	ClusterAddr        = Cluster.address("ipaddr", "", Basic, "Address of the cluster", required, alias("address"))
	ClusterAdmin       = Cluster.text("admin", "", Basic, "Administrator to log in as; what two servers do together needs one with the role full-admin there")
	ClusterPassword    = Cluster.text("password", "", Basic, "Password of that administrator", secret)
	ClusterPort        = Cluster.integer("scp-port", "1234", Basic, "Port of the cluster's admin service", between(1, 65535))
	ClusterFingerprint = Cluster.text("fingerprint", "", Basic, "SHA-256 fingerprint of the cluster's certificate, the only one that is taken from it; unset, that of the first contact is kept", checked(fingerprint))
	ClusterHTTPPort    = Cluster.integer("http-port", "8080", Basic, "Port of the cluster's web pages", between(1, 65535), inert(noWeb))
	ClusterHTTPSPort   = Cluster.integer("https-port", "8443", Basic, "Port of the cluster's encrypted web pages", between(1, 65535), inert(noWeb))
	ClusterUseHTTPS    = Cluster.feature("use-https-port", "disabled", Basic, "Prefer the encrypted web pages", inert(noWeb))
	ClusterRemoteID    = Cluster.text("remote-id", "", Expert, "Name that the cluster gave itself at the last contact", readOnly)
	ClusterDescription = Cluster.text("description", "", Basic, "A remark")
)

const noWeb = "there are no web pages"

func init() {
	Cluster.LocalOnly = true
	Cluster.Create = []string{"ipaddr"}
	Cluster.Check = checkCluster
	Cluster.Methods = []Method{
		{Name: "check", Help: "Log in to the cluster with what is set here, and show who answers; the fingerprint of a first contact is kept"},
	}
}

// checkCluster refuses addresses at which no server can be.
func checkCluster(o *Object, _ *Config) []*Error {
	if ip := ClusterAddr.Of(o); ip.IsValid() && (ip.IsUnspecified() || ip.IsMulticast() || ip.As4()[0] >= 224) {
		return []*Error{Errorf(Invalid, "%s ipaddr: %s is no address of a server", o.Ref(), ip)}
	}
	return nil
}
