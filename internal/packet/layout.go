package packet

// layout says which options go where: opts[:inOptions] into the options field,
// the ones up to inFile into file, up to inSName into sname, the rest nowhere.
// Reading the fields in RFC 2131's order gives the list's order back.
type layout struct {
	overload                   uint8
	inOptions, inFile, inSName int
}

func (l layout) placed() int { return l.inSName }

// plan finds the layout with the least overload that takes all options, or else
// the most of them.
func (r *Reply) plan(limit int) layout {
	room := limit - headerLen - cookieLen - 1
	if r.Type != BOOTP {
		room -= 3
	}
	if r.RelayInfo != nil {
		room -= optLen(r.RelayInfo)
	}
	best := r.place(room, 0)
	if r.Type == BOOTP || room < 3 {
		return best // option overload is DHCP's, and itself takes three octets
	}
	for over := uint8(1); over <= overFile|overSName && best.placed() < len(r.opts); over++ {
		if over&overFile != 0 && r.File != "" || over&overSName != 0 && r.SName != "" {
			continue
		}
		if l := r.place(room-3, over); l.placed() > best.placed() {
			best = l
		}
	}
	return best
}

// place fills the fields in order and stops at the first option that fits in
// none of what is left. An option is not divided between two fields: clients that
// read RFC 3396 so are too few.
func (r *Reply) place(room int, over uint8) layout {
	l := layout{overload: over}
	i := r.run(0, room)
	l.inOptions = i
	if over&overFile != 0 {
		i = r.run(i, fileLen-1)
	}
	l.inFile = i
	if over&overSName != 0 {
		i = r.run(i, snameLen-1)
	}
	l.inSName = i
	return l
}

// run returns the end of the options from i on that room takes.
func (r *Reply) run(i, room int) int {
	for ; i < len(r.opts); i++ {
		if room -= optLen(r.opts[i].Value); room < 0 {
			break
		}
	}
	return i
}
