//go:build race

package packet

// The race detector makes a sync.Pool forget at random, so that what is reused
// cannot be counted.
const racing = true
