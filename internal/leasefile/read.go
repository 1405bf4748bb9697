package leasefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds a line of the file; the longest record that String can write
// is shorter.
const maxLine = 16 << 10

// maxErrors is how many bad lines are reported before reading stops.
const maxErrors = 20

// byteOrderMark stands at the start of files that some editors write.
const byteOrderMark = "\ufeff"

// Each reads the file and calls fn for every good record. It returns what is
// wrong with the bad lines, at most 20 of them; the error is that of reading
// or of fn, which stops at once.
func Each(r io.Reader, fn func(Record) error) ([]*FieldError, error) {
	var bad []*FieldError
	in := bufio.NewReaderSize(r, maxLine)
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			bad = append(bad, &FieldError{Line: n, Msg: fmt.Sprintf("longer than %d bytes", maxLine)})
			return bad, nil
		}
		if err != nil && err != io.EOF {
			return bad, fmt.Errorf("read line %d: %w", n, err)
		}
		text := string(line)
		if n == 1 {
			text = strings.TrimPrefix(text, byteOrderMark)
		}
		text = strings.TrimSpace(text)
		if text != "" && text[0] != '#' {
			rec, ferr := ParseLine(text)
			if ferr != nil {
				ferr.Line = n
				if bad = append(bad, ferr); len(bad) == maxErrors {
					return bad, nil
				}
			} else {
				rec.Line = n
				if err := fn(rec); err != nil {
					return bad, err
				}
			}
		}
		if err == io.EOF {
			return bad, nil
		}
	}
}
