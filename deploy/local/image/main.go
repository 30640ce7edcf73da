// Command image writes a container image (an OCI layout in a tar) of programs of ours, without any registry or engine.
//
// A program that is linked dynamically brings its libraries and its loader, at the paths where `ldd` finds them, so it
// runs on an otherwise empty image. The same files always give the same digest. It prints the digest of the manifest.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
)

func main() {
	out := flag.String("out", "", "the tar to write")
	name := flag.String("name", "", "image name without tag, such as docker.io/writ/kubectl")
	tag := flag.String("tag", "", "image tag")
	user := flag.Int("user", 65532, "user and group the image runs as")
	flag.Parse()
	if *out == "" || *name == "" || *tag == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: image -out TAR -name NAME -tag TAG [-user N] FILE[=PATH]...")
		os.Exit(2)
	}
	digest, err := write(*out, *name, *tag, *user, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "image: failed to write", *out+":", err)
		os.Exit(1)
	}
	fmt.Println(digest)
}

func write(out, name, tag string, user int, arguments []string) (string, error) {
	files, entrypoint, err := collect(arguments)
	if err != nil {
		return "", err
	}
	layerPath := out + ".layer"
	layer, err := writeLayer(layerPath, files, user)
	if err != nil {
		return "", err
	}
	defer os.Remove(layerPath)
	config := blob("application/vnd.oci.image.config.v1+json", imageConfig(entrypoint, user, layer.Digest))
	manifest := blob("application/vnd.oci.image.manifest.v1+json", mustJSON(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": config.descriptor, "layers": []descriptor{layer},
	}))
	return manifest.Digest, writeLayout(out, layerPath, layer, config, manifest, []string{name + ":" + tag, name + "@" + manifest.Digest})
}

// collect gives every path in the image its file on this machine, and the path of the first as the entrypoint.
func collect(arguments []string) (map[string]string, string, error) {
	files, entrypoint := map[string]string{}, ""
	for _, argument := range arguments {
		source, target, found := strings.Cut(argument, "=")
		if !found {
			target = "/bin/" + path.Base(source)
		}
		if !path.IsAbs(target) {
			return nil, "", fmt.Errorf("%q: the path in the image must be absolute", argument)
		}
		if entrypoint == "" {
			entrypoint = target
		}
		files[target] = source
		libraries, err := libraries(source)
		if err != nil {
			return nil, "", err
		}
		for _, library := range libraries {
			files[library] = library
		}
	}
	return files, entrypoint, nil
}

// A line of ldd: "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f…)" or "/lib64/ld-linux-x86-64.so.2 (0x00007f…)".
var lddLine = regexp.MustCompile(`^\s*(?:\S+ => )?(\S+)(?: \(0x[0-9a-f]+\))?$`)

func libraries(program string) ([]string, error) {
	output, err := exec.Command("ldd", program).CombinedOutput()
	if err != nil {
		if strings.Contains(string(output), "not a dynamic executable") {
			return nil, nil
		}
		return nil, fmt.Errorf("ldd %s: %w: %s", program, err, output)
	}
	var found []string
	for _, line := range strings.Split(string(output), "\n") {
		if strings.Contains(line, "not found") {
			return nil, fmt.Errorf("%s needs a library that this machine lacks: %s", program, strings.TrimSpace(line))
		}
		if match := lddLine.FindStringSubmatch(line); match != nil && path.IsAbs(match[1]) {
			found = append(found, match[1])
		}
	}
	return found, nil
}
