package admin

import (
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// The one debugging category, its levels, and where it goes.
const (
	debugFailover = "Y"
	debugLevels   = 4
	debugOutput   = "MLOG"
)

// setDebug reads <category>=<level> [MLOG].
func setDebug(c *call) *objects.Error {
	category, level, _ := strings.Cut(c.args[0], "=")
	n, err := strconv.Atoi(level)
	switch {
	case !strings.EqualFold(category, debugFailover):
		return objects.Errorf(objects.NotSupported, "setDebug: there is no debugging category %q, only %s, failover; dhcp log-settings chooses what else is logged", category, debugFailover)
	case err != nil || n < 1 || n > debugLevels:
		return objects.Errorf(objects.Invalid, "setDebug: %s has the levels 1 to %d, as in %s=1; unsetDebug ends it", debugFailover, debugLevels, debugFailover)
	case len(c.args) > 1 && !strings.EqualFold(c.args[1], debugOutput):
		return objects.Errorf(objects.NotSupported, "setDebug: %q is no output; what is logged goes to %s, the server log", c.args[1], debugOutput)
	}
	return c.debug(n)
}

func unsetDebug(c *call) *objects.Error { return c.debug(0) }

func (c *call) debug(level int) *objects.Error {
	if f := c.service.failover; f != nil {
		f.Debug(level)
	}
	c.audit(nil)
	return nil
}
