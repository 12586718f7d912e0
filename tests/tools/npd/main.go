// What the Node Problem Detector's own custom plugin monitor makes of a configuration: its first
// statuses, one JSON object a line. A configuration that it refuses ends it as it ends NPD.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"k8s.io/node-problem-detector/pkg/custompluginmonitor"
)

func main() {
	wanted, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	statuses, err := custompluginmonitor.NewCustomPluginMonitorOrDie(os.Args[1]).Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for ; wanted > 0; wanted-- {
		if err := json.NewEncoder(os.Stdout).Encode(<-statuses); err != nil {
			os.Exit(2)
		}
	}
}
