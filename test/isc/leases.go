package isc

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// Lease is one lease block, the last of its address in the file.
type Lease struct {
	State string // active, free, backup, expired, released, abandoned, reset
	// The times, as the file has them: the end that the client was told, the
	// potential expiration last sent, the larger of those received and
	// acknowledged, the one acknowledged, the client's last transaction.
	Starts, Ends, TSTP, TSFP, ATSFP, CLTT time.Time
	Hardware                              string
	UID                                   string // as written, with its escapes
}

// PeerState is the last failover state block of a peer.
type PeerState struct {
	Mine, Partner     string
	MineAt, PartnerAt time.Time
	MCLT              string
}

// File is what a dhcpd.leases says at its end.
type File struct {
	Leases map[string]Lease
	Peers  map[string]PeerState
}

// ReadLeases reads a lease file to its end. A block that is being written is
// left out.
func ReadLeases(r io.Reader) (File, error) {
	f := File{Leases: map[string]Lease{}, Peers: map[string]PeerState{}}
	sc := bufio.NewScanner(r)
	var name string
	var lease Lease
	var peer PeerState
	var bad error // counts only if the block is whole
	inLease, inPeer := false, false
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		words := strings.Fields(strings.TrimSuffix(line, ";"))
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "lease ") && strings.HasSuffix(line, "{"):
			name, lease, inLease, bad = words[1], Lease{}, true, nil
		case strings.HasPrefix(line, "failover peer ") && strings.HasSuffix(line, "{"):
			name, peer, inPeer, bad = strings.Trim(words[2], `"`), PeerState{}, true, nil
		case line == "}":
			if bad != nil {
				return f, bad
			}
			if inLease {
				f.Leases[name] = lease
			}
			if inPeer {
				f.Peers[name] = peer
			}
			inLease, inPeer = false, false
		case inLease:
			if err := lease.set(words); err != nil {
				bad = fmt.Errorf("lease %s: %w", name, err)
			}
		case inPeer:
			if err := peer.set(words); err != nil {
				bad = fmt.Errorf("failover peer %s: %w", name, err)
			}
		}
	}
	return f, sc.Err()
}

func (l *Lease) set(w []string) (err error) {
	times := map[string]*time.Time{"starts": &l.Starts, "ends": &l.Ends, "tstp": &l.TSTP, "tsfp": &l.TSFP, "atsfp": &l.ATSFP, "cltt": &l.CLTT}
	switch {
	case times[w[0]] != nil:
		*times[w[0]], err = date(w[1:])
	case w[0] == "binding" && len(w) == 3:
		l.State = w[2]
	case w[0] == "hardware" && len(w) == 3:
		l.Hardware = w[2]
	case w[0] == "uid":
		l.UID = strings.Join(w[1:], " ")
	}
	return err
}

// set reads "my state communications-interrupted at 4 2026/01/29 09:00:00".
func (p *PeerState) set(w []string) (err error) {
	if len(w) == 2 && w[0] == "mclt" {
		p.MCLT = w[1]
	}
	if len(w) < 5 || w[1] != "state" {
		return nil
	}
	at := len(w) - 4
	if w[at] != "at" {
		return nil
	}
	state := strings.Join(w[2:at], "-")
	switch w[0] {
	case "my":
		p.Mine = state
		p.MineAt, err = date(w[at+1:])
	case "partner":
		p.Partner = state
		p.PartnerAt, err = date(w[at+1:])
	}
	return err
}

// date reads "4 2026/01/29 09:00:00": the day of the week, and UTC.
func date(w []string) (time.Time, error) {
	if len(w) == 1 && w[0] == "never" {
		return time.Time{}, nil
	}
	if len(w) < 3 {
		return time.Time{}, fmt.Errorf("no date: %q", w)
	}
	return time.Parse("2006/01/02 15:04:05", w[1]+" "+w[2])
}
