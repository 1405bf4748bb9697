package admin

import (
	"fmt"
	"strconv"

	"leasehold/pkg/objects"
)

// The options that tell a client when its lease ends, when to renew it (T1)
// and when to ask any server (T2).
const (
	codeLeaseTime     = 51
	codeRenewalTime   = 58
	codeRebindingTime = 59
)

// warnings says what of a draft is allowed but cannot have been meant.
func (d *draft) warnings() []string {
	var all []string
	for _, e := range d.edits {
		if e.after == nil {
			continue
		}
		all = append(all, failoverWarnings(d.table, e.before, e.after)...)
		if !isPolicy(e.after.Class) || sameTimes(e.before, e.after) {
			continue
		}
		for _, w := range contradictions(e.after) {
			all = append(all, e.after.Ref()+": "+w)
		}
	}
	return all
}

func sameTimes(before, after *objects.Object) bool {
	if before == nil {
		return false
	}
	for _, code := range []int{codeLeaseTime, codeRenewalTime, codeRebindingTime} {
		attr := objects.OptionPrefix + strconv.Itoa(code)
		if before.Attrs[attr] != after.Attrs[attr] {
			return false
		}
	}
	return true
}

// contradictions looks at the times of one policy. Clients get usual shares of
// the lease time in place of times that are not in order (RFC 2131 section
// 4.4.5: T1 is before T2, T2 before the end).
func contradictions(o *objects.Object) []string {
	seconds := func(code int) int64 {
		n, _ := strconv.ParseInt(o.Attrs[objects.OptionPrefix+strconv.Itoa(code)], 10, 64)
		return n
	}
	end, t1, t2 := seconds(codeLeaseTime), seconds(codeRenewalTime), seconds(codeRebindingTime)
	var all []string
	if t2 > 0 && end > 0 && t2 >= end {
		all = append(all, fmt.Sprintf("dhcp-rebinding-time(59), %d s, is not below dhcp-lease-time(51), %d s; clients get seven eighths of the lease time", t2, end))
	}
	switch {
	case t1 > 0 && t2 > 0 && t1 >= t2:
		all = append(all, fmt.Sprintf("dhcp-renewal-time(58), %d s, is not below dhcp-rebinding-time(59), %d s; clients get half the lease time", t1, t2))
	case t1 > 0 && end > 0 && t1 >= end:
		all = append(all, fmt.Sprintf("dhcp-renewal-time(58), %d s, is not below dhcp-lease-time(51), %d s; clients get half the lease time", t1, end))
	}
	return all
}

// warned adds warnings to the status of a change that is made.
func warned(status *objects.Error, warnings []string) *objects.Error {
	if len(warnings) == 0 {
		return status
	}
	if status == nil {
		return &objects.Error{Code: objects.OkWithWarnings, Msg: warnings[0], Detail: warnings[1:]}
	}
	more := *status
	more.Detail = append(append([]string(nil), status.Detail...), warnings...)
	return &more
}
