package sim

import "testing"

func BenchmarkSchedules(b *testing.B) {
	for i := range b.N {
		Run(Generate(uint64(i+1)), nil)
	}
}
