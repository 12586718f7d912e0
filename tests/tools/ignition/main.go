// Judges an Ignition configuration on standard input as Ignition itself does before it acts: every
// entry of its report on a line, exit 1 where there is an error or a warning.
package main

import (
	"fmt"
	"io"
	"os"

	config "github.com/coreos/ignition/v2/config/v3_3"
)

func main() {
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_, report, err := config.Parse(raw)
	fmt.Print(report.String())
	if err != nil {
		fmt.Println(err)
	}
	if err != nil || len(report.Entries) > 0 {
		os.Exit(1)
	}
}
