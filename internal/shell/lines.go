package shell

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"leasehold/pkg/objects"
)

// byteOrderMark stands at the start of files that some editors write.
const byteOrderMark = "\ufeff"

// lineReader reads logical lines: ends of line removed, continuation lines
// joined. A line that is too long is skipped to its end, whatever its length,
// and reported.
type lineReader struct {
	in   *bufio.Reader
	next int // number of the physical line that comes next
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, 64<<10), next: 1}
}

// read returns a logical line and the number of its first physical one. A bad
// line comes with a 316; io.EOF and other errors of reading end it all.
func (l *lineReader) read() (line string, number int, bad *objects.Error, err error) {
	number = l.next
	var joined strings.Builder
	tooLong := false
	for {
		text, long, err := l.physical(MaxLine - joined.Len())
		last := errors.Is(err, io.EOF) && (text != "" || joined.Len() > 0)
		if err != nil && !last {
			return "", number, nil, err
		}
		if l.next == 1 {
			text = strings.TrimPrefix(text, byteOrderMark)
		}
		l.next++
		tooLong = tooLong || long
		isComment := joined.Len() == 0 && comment(text)
		more := !last && !long && continued(text) && !isComment
		if more {
			text = text[:len(text)-1]
		}
		joined.WriteString(text)
		if !more {
			break
		}
	}
	if tooLong {
		return "", number, objects.Errorf(objects.Invalid, "invalid command line: longer than %d bytes", MaxLine), nil
	}
	return joined.String(), number, nil, nil
}

// physical reads one line of at most that many bytes; the rest of a longer one
// is dropped.
func (l *lineReader) physical(most int) (text string, long bool, err error) {
	var b strings.Builder
	for {
		part, err := l.in.ReadSlice('\n')
		if b.Len()+len(part) <= most+2 {
			b.Write(part)
		} else {
			long = true
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		text := strings.TrimSuffix(b.String(), "\n")
		text = strings.TrimSuffix(text, "\r")
		return text, long || len(text) > most, err
	}
}

// continued tells whether a line ends in a backslash that is not itself
// escaped.
func continued(line string) bool {
	n := len(line) - len(strings.TrimRight(line, `\`))
	return n%2 == 1
}
