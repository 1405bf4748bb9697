package objects

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Extension is a program of the operator's that runs in request processing.
var Extension = class("extension", "A program of the operator's that runs at extension points of request processing")

// What an extension is.
var (
	ExtensionName     = Extension.named("Name of the extension")
	ExtensionLang     = Extension.enum("lang", "", Basic, "Tcl=1 Dex=2", "Language that it is written in", required)
	ExtensionFile     = Extension.text("file", "", Basic, "Its file in the folder of extensions; the file itself is copied to each server by hand", required, checked(extensionFile))
	ExtensionEntry    = Extension.text("entry", "", Basic, "Function that is called", required, between(1, 255))
	ExtensionInit     = Extension.text("init-entry", "", Basic, "Function that is called when the extension is loaded and unloaded")
	ExtensionInitArgs = Extension.text("init-args", "", Basic, "Arguments of that function")
)

// ExtensionPoint is one place at which one extension runs.
var ExtensionPoint = class("extension-point", "An extension at a point of request processing; dhcp attachExtension makes one")

// What runs where.
var (
	PointName      = ExtensionPoint.named("Where it runs: <point>/<sequence number>")
	PointExtension = ExtensionPoint.ref("extension", "", Basic, "extension", "Extension that runs there", required)
	PointPoint     = ExtensionPoint.text("point", "", Basic, "Point of request processing", derived(func(o *Object) string { return pointOf(o.Name) }))
	PointSequence  = ExtensionPoint.text("sequence", "", Basic, "Its place among those of the same point", derived(func(o *Object) string { return sequenceOf(o.Name) }))
)

// ExtensionPoints are the points of request processing, in order.
var ExtensionPoints = []string{
	"init-entry", "pre-packet-decode", "post-packet-decode", "post-class-lookup", "pre-client-lookup", "post-client-lookup",
	"generate-lease", "check-lease-acceptable", "lease-state-change", "pre-packet-encode", "post-packet-encode", "post-send-packet",
	"environment-destructor",
}

// maxSequence is how many extensions one point may have.
const maxSequence = 32

func init() {
	Extension.Create = []string{"lang", "file", "entry"}
	ExtensionPoint.Create = []string{"extension"}
	ExtensionPoint.Key = pointKey
	doesNotAct(noExtensions, Extension, ExtensionPoint)
}

func extensionFile(text string) error {
	if text == "" || text[0] == '/' || slices.Contains(strings.Split(text, "/"), "..") {
		return fmt.Errorf("must be a file in the folder of extensions, without .. and without a slash at its beginning")
	}
	return nil
}

// pointKey makes <point>/<sequence number>; without a number it is the first.
func pointKey(name string) (string, error) {
	point, number, given := strings.Cut(name, "/")
	point = strings.ToLower(point)
	if !slices.Contains(ExtensionPoints, point) {
		near := ""
		if n := Nearest(point, ExtensionPoints); n != "" {
			near = ", did you mean " + n + "?"
		}
		return "", fmt.Errorf("there is no extension point %q%s", shorten(point), near)
	}
	if !given {
		number = "1"
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxSequence {
		return "", fmt.Errorf("the sequence number is from 1 to %d", maxSequence)
	}
	return point + "/" + strconv.Itoa(n), nil
}

func pointOf(name string) string {
	point, _, _ := strings.Cut(name, "/")
	return point
}

func sequenceOf(name string) string {
	_, number, _ := strings.Cut(name, "/")
	return number
}
