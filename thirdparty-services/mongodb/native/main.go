// Program mongodb-native answers MongoDB's wire protocol from SQLite files: FerretDB's package in a process of its own. It stands in for
// MongoDB where there are no containers, stops in order at SIGTERM, and reports to nobody.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "", "address to listen on, such as 127.0.0.1:27017")
	data := flag.String("data", "", "existing folder for the SQLite files")
	fast := flag.Bool("fast", false, "do not wait for the disk: data may be lost when the machine crashes")
	version := flag.Bool("version", false, "print the version of FerretDB")
	flag.Parse()

	if *version {
		fmt.Println("FerretDB", builtWith("github.com/FerretDB/FerretDB"))
		return
	}
	if err := serve(*listen, *data, *fast); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func serve(listen, data string, fast bool) error {
	if listen == "" || data == "" {
		return fmt.Errorf("-listen and -data are needed")
	}
	url := "file:" + filepath.ToSlash(data) + "/"
	if fast {
		url += "?_pragma=synchronous(off)"
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: listen},
		Handler:   "sqlite",
		SQLiteURL: url,
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	return server.Run(stop)
}

// builtWith is the version of a module in this program.
func builtWith(module string) string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			return dependency.Version
		}
	}
	return "of unknown version"
}
