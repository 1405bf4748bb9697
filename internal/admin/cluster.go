package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/partner"
	"leasehold/pkg/objects"
)

// reach logs in to a server that is known as a cluster object. The caller must
// not hold s.mu: what the cluster shows of itself at the first contact is
// stored, which is a write of its own.
func (s *Service) reach(ctx context.Context, cluster *objects.Object) (*partner.Conn, *objects.Error) {
	return partner.Dialer{Host: s.cluster, Met: s.met}.Dial(ctx, cluster)
}

// met keeps what a cluster has shown of itself: its certificate's fingerprint,
// if none is pinned yet, and its name.
func (s *Service) met(ctx context.Context, seen *objects.Object, met partner.Met) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.stored.cfg.Get(objects.Cluster, seen.Name)
	if now == nil || now.Attrs[objects.ClusterAddr.Name] != seen.Attrs[objects.ClusterAddr.Name] ||
		now.Attrs[objects.ClusterPort.Name] != seen.Attrs[objects.ClusterPort.Name] {
		return // it means another server meanwhile
	}
	o := now.Clone()
	o.Attrs[objects.ClusterRemoteID.Name] = met.Server
	pinned := objects.ClusterFingerprint.Of(now) == ""
	if pinned {
		o.Attrs[objects.ClusterFingerprint.Name] = met.Fingerprint
	}
	d := newDraft(s.stored)
	d.put(o)
	if len(d.changed()) == 0 {
		return
	}
	self := &session{user: "server", host: s.cluster, source: "cluster " + seen.Name, trusted: true}
	if err := s.save(ctx, request{session: self, reason: "contact with " + seen.Ref()}, d.changed()); err != nil {
		d.undo() // it is logged, and comes again at the next contact
		return
	}
	if pinned {
		s.log.Log(msgPinned, seen.Name, partner.Address(seen), met.Fingerprint)
	}
}

// clusterServer are the attributes of a cluster that say which server is meant.
var clusterServer = []*objects.Attr{objects.ClusterAddr.Attr, objects.ClusterPort.Attr, objects.ClusterFingerprint.Attr}

// otherServer takes the stored password off a cluster that has come to mean
// another server. Whoever may point a cluster at a machine is not thereby to
// learn what is the password of another: it would be sent there.
func (w *writing) otherServer(o *objects.Object) *objects.Error {
	if w.class != objects.Cluster {
		return nil
	}
	now := w.get(o.Class, o.Name)
	if now == nil || objects.ClusterPassword.Of(o) == "" {
		return nil
	}
	for _, a := range clusterServer {
		if now.Text(a) == o.Text(a) {
			continue
		}
		delete(o.Attrs, objects.ClusterPassword.Name)
		return objects.Errorf(objects.OkWithWarnings, "%s: its password was dropped, because %s says which server it is sent to; 'cluster %s set password=<password>' gives it anew, in one command with %s it stays",
			o.Ref(), a.Name, objects.QuoteWord(o.Name), a.Name)
	}
	return nil
}

// checkCluster logs in to a cluster and tells who answered.
func checkCluster(c *call) *objects.Error {
	var cluster *objects.Object
	err := c.look(func(*table) *objects.Error {
		o, err := find(c.service.stored, c.class, c.name)
		cluster = o
		return err
	})
	if err != nil {
		return err
	}
	conn, err := c.service.reach(c.ctx, cluster)
	if err != nil {
		return err
	}
	defer conn.Close()
	there, err := conn.Snapshot(c.ctx, false)
	if err != nil {
		return err
	}
	n := 0
	for _, class := range objects.Classes() {
		n += there.Config.Len(class)
	}
	c.line("address: " + conn.Address)
	c.line("server: " + conn.Server)
	c.line("version: " + conn.Version)
	c.line("fingerprint: " + conn.Fingerprint)
	c.line("administrator: " + objects.ClusterAdmin.Of(cluster) + " (" + strings.Join(conn.Roles, ",") + ")")
	c.line(fmt.Sprintf("configuration: write %d, %d objects", there.Version, n))
	var warnings []string
	if !slices.Contains(conn.Roles, objects.RoleFull) {
		warnings = append(warnings, fmt.Sprintf("administrator %q has not the role %s there, without which configurations are not copied", objects.ClusterAdmin.Of(cluster), objects.RoleFull))
	}
	if conn.SchemaHash != objects.SchemaHash() {
		warnings = append(warnings, "the server knows other objects or attributes than this one; configurations are copied between servers of one version only")
	}
	return warned(nil, warnings)
}
