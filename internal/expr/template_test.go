package expr

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// show writes what a template expression made.
func (m Made) show() string {
	var parts []string
	for _, r := range m.Ranges {
		parts = append(parts, r.String())
	}
	for _, o := range m.Options {
		parts = append(parts, o.Option+"="+o.Value)
	}
	if parts == nil {
		return m.Value.String()
	}
	return strings.Join(parts, " ")
}

func TestTemplates(t *testing.T) {
	small, class := netip.MustParsePrefix("192.168.50.64/26"), netip.MustParsePrefix("192.168.50.0/24")
	attrs := map[string]string{"ping-timeout": "100", "offer-timeout": "2m", "description": "floor 1"}
	get := func(name string) (string, bool) { v, ok := attrs[name]; return v, ok }
	for _, e := range []struct {
		net        netip.Prefix
		text, want string
	}{
		{class, `subnet`, `"192.168.50.0/24"`}, {class, `subnet-addr`, `"192.168.50.0"`}, {class, `mask-addr`, `"255.255.255.0"`}, {class, `mask-count`, `24`},
		{small, `first-addr`, `"192.168.50.65"`}, {small, `last-addr`, `"192.168.50.127"`}, {class, `bcast-addr`, `"192.168.50.255"`},
		{class, `naddrs`, `256`}, {class, `nhosts`, `254`}, {netip.MustParsePrefix("10.0.0.0/31"), `nhosts`, `2`}, {netip.MustParsePrefix("10.0.0.1/32"), `first-addr`, `"10.0.0.1"`},
		{netip.MustParsePrefix("0.0.0.0/0"), `naddrs`, `!316 naddrs: result does not fit 32 bits`},
		{class, `(- template.ping-timeout 10)`, `90`}, {class, `(+ template.offer-timeout 1)`, `121`}, {class, `this.description`, `"floor 1"`},
		{class, `template.scope-name`, `!316 template.scope-name: attribute is not set`},
		{class, `(try template.scope-name "none")`, `"none"`},
		{class, `(concat "net-" subnet)`, `"net-192.168.50.0/24"`},
		{class, `(- 1 2)`, `!316 -: result does not fit 32 bits`}, {class, `(* 65536 65536)`, `!316 *: result does not fit 32 bits`},
		{class, `(* 4294967295 4294967295)`, `!316 *: result does not fit 32 bits`}, {class, `(/ 1 0)`, `!316 /: division by zero`}, {class, `(% nhosts 10)`, `4`},
		{small, `(create-range 1 10)`, `192.168.50.65-192.168.50.74`},
		{small, `(create-range 2 (- naddrs 2))`, `192.168.50.66-192.168.50.126`},
		{small, `(create-range first-addr (create-ip subnet 9))`, `192.168.50.65-192.168.50.73`},
		{class, `(list (create-range 10 20) (create-range 30 40))`, `192.168.50.10-192.168.50.20 192.168.50.30-192.168.50.40`},
		{small, `(create-range 1 64)`, `!341 create-range: host number 64 is outside 192.168.50.64/26`},
		{small, `(create-range "192.168.51.1" 3)`, `!341 create-range: 192.168.51.1 is outside 192.168.50.64/26`},
		{small, `(create-range 9 1)`, `!341 create-range: the range from 192.168.50.73 to 192.168.50.65 runs backwards`},
		{small, `(try (create-range 1 64) (error "too small"))`, `!316 error: error called: too small`},
		{class, `(create-ip subnet 1)`, `"192.168.50.1"`}, {class, `(create-ip "10.0.0.0/8" 256)`, `"10.0.1.0"`},
		{class, `(create-ip subnet 256)`, `!316 create-ip: address 256 is outside 192.168.50.0/24`},
		{class, `(create-ip "x" 1)`, `!316 create-ip: 'x' is no subnet such as 10.1.0.0/24`},
		{class, `(create-option "routers" (create-ip subnet 1))`, `routers=192.168.50.1`},
		{class, `(list (create-option "routers" (create-ip subnet 1)) (create-option 51 604800) (create-option "domain-name" "a.example"))`, `routers=192.168.50.1 51=604800 domain-name=a.example`},
		{class, `(list (create-range 1 2) (create-option 51 1))`, `!316 list: a list has ranges or options, not both`},
		{class, `(list (list (create-range 1 2)))`, `!316 list: lists are not nested`},
		{class, `(list 1)`, `!316 list: a list has ranges made by create-range or options made by create-option`},
		{class, `(concat (create-range 1 2))`, `!316 concat: cannot convert range to string`},
		{class, `(datatype (create-range 1 2))`, `"range"`},
		{class, `(if (equal mask-count 24) (create-range 1 2) (create-range 3 4))`, `192.168.50.1-192.168.50.2`},
		{class, `(let ((n 2)) (create-range n (+ n 1)))`, `192.168.50.2-192.168.50.3`},
		{class, `(create-v6-option 1 2)`, `!316 create-v6-option: is for DHCPv6 only`},
		{class, `null`, `null`},
		{netip.Prefix{}, `subnet`, `!316 subnet: there is no subnet`}, {netip.Prefix{}, `(create-range 1 2)`, `!316 create-range: there is no subnet`},
		{class, `(request chaddr)`, `!316 expression error at offset 1: unknown function 'request'`},
		{class, `template.pong-timeout`, `!316 expression error at offset 0: scope-template has no attribute 'pong-timeout'`},
		{class, `subnet-adr`, `!316 expression error at offset 0: variable 'subnet-adr' not defined, did you mean subnet-addr?`},
	} {
		made, err := EvalTemplate(e.text, TemplateVars{Subnet: e.net, Template: get, This: get})
		got := made.show()
		if refusal, ok := errors.AsType[*objects.Error](err); ok {
			got = fmt.Sprintf("!%d %s", refusal.Code, strings.TrimPrefix(refusal.Msg, "expression: "))
		}
		if got != e.want {
			t.Errorf("%s: %s = %s, want %s", e.net, e.text, got, e.want)
		}
	}
	if got, err := CheckTemplate(" ( concat subnet ) ; c"); err != nil || got != "(concat subnet)" {
		t.Errorf("CheckTemplate = %q, %v", got, err)
	}
	if _, err := CheckTemplate("(concat"); err == nil {
		t.Error("CheckTemplate takes an open parenthesis")
	}
}
