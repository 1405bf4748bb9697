package objects

// Cluster is a server that this one may be managed with.
var Cluster = class("cluster", "A server known by name, for what is done on several")

// What a cluster says.
var (
	ClusterName        = Cluster.named("Name of the cluster")
	ClusterAddr        = Cluster.address("ipaddr", "", Basic, "Address of the cluster", required)
	ClusterAdmin       = Cluster.text("admin", "", Basic, "Administrator to log in as", inert(noSync))
	ClusterPassword    = Cluster.text("password", "", Basic, "Password of that administrator", secret, inert(noSync))
	ClusterPort        = Cluster.integer("scp-port", "1234", Basic, "Port of the cluster's admin service", between(1, 65535), inert(noSync))
	ClusterHTTPPort    = Cluster.integer("http-port", "8080", Basic, "Port of the cluster's web pages", between(1, 65535), inert("there are no web pages"))
	ClusterHTTPSPort   = Cluster.integer("https-port", "8443", Basic, "Port of the cluster's encrypted web pages", between(1, 65535), inert("there are no web pages"))
	ClusterUseHTTPS    = Cluster.feature("use-https-port", "disabled", Basic, "Prefer the encrypted web pages", inert("there are no web pages"))
	ClusterRemoteID    = Cluster.text("remote-id", "", Expert, "Identity that the cluster has given itself", readOnly, inert(noSync))
	ClusterDescription = Cluster.text("description", "", Basic, "A remark")
)

func init() {
	Cluster.LocalOnly = true
	Cluster.Create = []string{"ipaddr"}
}
