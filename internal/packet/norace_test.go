//go:build !race

package packet

const racing = false
