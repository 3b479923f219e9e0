// Reads a compose file with the library that docker compose reads it with, and prints what it understood as JSON. What breaks the schema, names
// what is not there, or needs a variable that has no value is an error.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

const version = "compose-model 2.16.2"

func main() {
	fragment := flag.Bool("fragment", false, "the file is a part of another one: volumes and secrets are defined there")
	variables := flag.String("variables", "", "file with the values of variables; those of the environment count for nothing")
	profiles := flag.String("profiles", "", "profiles, separated by commas")
	showVersion := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *showVersion {
		fmt.Println(version)
		return
	}
	if err := print(flag.Arg(0), *fragment, *variables, *profiles); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func print(file string, fragment bool, variables, profiles string) error {
	settings := []cli.ProjectOptionsFn{
		cli.WithName("tasktracker"),
		cli.WithConsistency(!fragment),
		cli.WithResolvedPaths(false),
		// Files of secrets and of variables need not be there.
		cli.WithoutEnvironmentResolution,
		cli.WithProfiles(strings.FieldsFunc(profiles, func(letter rune) bool { return letter == ',' })),
	}
	if variables != "" {
		settings = append(settings, cli.WithEnvFiles(variables), cli.WithDotEnv)
	}
	options, err := cli.NewProjectOptions([]string{file}, settings...)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	text, err := json.Marshal(project)
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	return nil
}
