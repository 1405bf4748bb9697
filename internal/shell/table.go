package shell

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
)

// table lays out a report: columns left-aligned and padded, two blanks or the
// separator between them, no borders. It is the only user of tablewriter,
// whose defaults would rewrite headings and wrap cells.
func table(separator string, header []string, rows [][]string) ([]string, error) {
	between, padding := tw.Off, tw.Padding{Right: "  ", Overwrite: true}
	if separator != "" {
		between, padding = tw.On, tw.Padding{Left: " ", Right: " ", Overwrite: true}
	}
	var buf bytes.Buffer
	t := tablewriter.NewTable(&buf,
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithPadding(padding),
		tablewriter.WithSymbols(tw.NewSymbolCustom("plain").WithColumn(separator)),
		tablewriter.WithRendition(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Lines:      tw.LinesNone,
				Separators: tw.Separators{ShowHeader: tw.Off, ShowFooter: tw.Off, BetweenRows: tw.Off, BetweenColumns: between},
			},
		}),
	)
	t.Header(header)
	for _, r := range rows {
		if err := t.Append(r); err != nil {
			return nil, err
		}
	}
	if err := t.Render(); err != nil {
		return nil, err
	}
	var lines []string
	for l := range strings.Lines(buf.String()) {
		lines = append(lines, strings.TrimSpace(l))
	}
	return lines, nil
}
