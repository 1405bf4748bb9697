package admin

import (
	"strings"
	"testing"
)

// What is configured and does not act is in the log at each reload: a line for
// each reason, which names the objects and attributes.
func TestReloadTellsWhatHasNoEffect(t *testing.T) {
	w := newWorld(t)
	if log := w.log.String(); strings.Contains(log, "without effect") {
		t.Errorf("a new server has settings without effect:\n%s", log)
	}
	w.ok(w.root.create("ldap", "directory", "ldap.example.com", "password=hush"))
	w.ok(w.root.create("addr-trap", "low"))
	w.ok(w.root.create("scope", "office", "10.1.0.0/24", "free-address-config=low"))
	w.ok(w.root.set("dhcp", "", "use-ldap-client-data=enabled", "max-dns-retries=3"))
	w.ok(w.root.control("reload", false))
	log := w.log.String()
	for _, want := range []string{
		`Configured without effect: dhcp use-ldap-client-data, ldap "directory": clients are not looked up in LDAP.`,
		`Configured without effect: addr-trap "low", scope "office" free-address-config: the server sends no SNMP traps.`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "max-dns-retries") {
		t.Error("an attribute that was set to its default is in the log")
	}
}

// An extension takes the place of the one that was attached with its number.
func TestExtensionTakesAPlace(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b"} {
		w.ok(w.root.create("extension", name, "Tcl", name+".tcl", "main"))
		err, _ := w.root.do("dhcp", "", "attachExtension", "pre-packet-decode", name)
		w.ok(err)
	}
	err, lines := w.root.do("dhcp", "", "listExtensions")
	w.ok(err)
	w.is(lines, "pre-packet-decode: b")
	w.ok(w.root.delete("extension", "a"))
	w.ok(w.root.create("admin", "ann", "password=pw-ann", "roles=edit-scope"))
	ann := w.connect("ann", "pw-ann", false)
	err, _ = ann.do("dhcp", "", "detachExtension", "pre-packet-decode")
	w.refused(err, 320, "permission denied")
	err, _ = ann.do("dhcp", "", "listExtensions")
	w.ok(err)
}
