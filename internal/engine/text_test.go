package engine

import "testing"

// Only the canonical form is a hardware address: client entries have names too.
func TestParseMAC(t *testing.T) {
	for text, good := range map[string]bool{
		"1,6,00:d0:ba:d3:bd:3b": true, "255,1,ff": true, "0,2,01:02": true, "1,16,00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f": true,
		"": false, "cafe": false, "default": false, "00:d0:ba:d3:bd:3b": false, "1,6,00:d0:ba:d3:bd": false, "1,2,0102": false, "256,1,00": false,
		"-1,1,00": false, "1,0,": false, "1,17,00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10": false, "1,1,00,1": false, "01,1,00": false, "a,b,c": false,
	} {
		hw, ok := parseMAC(text)
		if ok != good {
			t.Errorf("parseMAC(%q): %v, want %v", text, ok, good)
		} else if ok && macText(hw) != text {
			t.Errorf("parseMAC(%q) is %s", text, macText(hw))
		}
	}
}
