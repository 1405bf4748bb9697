// Package netns opens things in a network namespace made by ip-netns(8): raw
// packet sockets, TAP interfaces. They are used from outside it afterwards.
package netns
