// layer.go owns the one layer: a tar of the files, the directories above them and a user's name.
package main

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"sort"
)

// counter hashes and counts what passes.
type counter struct {
	hash.Hash
	size int64
}

func (c *counter) Write(data []byte) (int, error) {
	c.size += int64(len(data))
	return c.Hash.Write(data)
}

// writeLayer is uncompressed: it never leaves this machine, and compressing takes longer than importing.
func writeLayer(layerPath string, files map[string]string, user int) (descriptor, error) {
	file, err := os.Create(layerPath)
	if err != nil {
		return descriptor{}, err
	}
	defer file.Close()
	sum := &counter{Hash: sha256.New()}
	archive := tar.NewWriter(io.MultiWriter(file, sum))
	if err := addSkeleton(archive, files, user); err != nil {
		return descriptor{}, err
	}
	for _, target := range sortedKeys(files) {
		if err := addFile(archive, target, files[target]); err != nil {
			return descriptor{}, err
		}
	}
	if err := archive.Close(); err != nil {
		return descriptor{}, err
	}
	return descriptor{MediaType: "application/vnd.oci.image.layer.v1.tar", Digest: fmt.Sprintf("sha256:%x", sum.Sum(nil)), Size: sum.size}, file.Close()
}

// addSkeleton adds the directories above every file, /tmp, and the two files that give the user a name.
func addSkeleton(archive *tar.Writer, files map[string]string, user int) error {
	directories := map[string]int64{"/tmp": 0o1777, "/etc": 0o755}
	for target := range files {
		for directory := path.Dir(target); directory != "/"; directory = path.Dir(directory) {
			if _, known := directories[directory]; !known {
				directories[directory] = 0o755
			}
		}
	}
	for _, directory := range sortedKeys(directories) {
		header := &tar.Header{Typeflag: tar.TypeDir, Name: directory[1:] + "/", Mode: directories[directory]}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
	}
	passwd := fmt.Sprintf("root:x:0:0:root:/:/none\nnonroot:x:%d:%d:nonroot:/tmp:/none\n", user, user)
	if err := addBytes(archive, "/etc/passwd", passwd); err != nil {
		return err
	}
	return addBytes(archive, "/etc/group", fmt.Sprintf("root:x:0:\nnonroot:x:%d:\n", user))
}

func addBytes(archive *tar.Writer, target, text string) error {
	if err := archive.WriteHeader(&tar.Header{Name: target[1:], Mode: 0o644, Size: int64(len(text))}); err != nil {
		return err
	}
	_, err := io.WriteString(archive, text)
	return err
}

func addFile(archive *tar.Writer, target, source string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	// Readable by all, runnable where it was: the image's user is nobody of this machine.
	mode := int64(0o444) | int64(info.Mode().Perm()&0o111)
	if mode&0o111 != 0 {
		mode |= 0o111
	}
	if err := archive.WriteHeader(&tar.Header{Name: target[1:], Mode: mode, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(archive, file)
	return err
}

func sortedKeys[V any](values map[string]V) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
