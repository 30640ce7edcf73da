// layout.go owns the documents around the layer: configuration, manifest, index, and the tar that holds all.
package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// descriptor points to a blob, as the OCI image specification has it.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// content is a small blob held in memory.
type content struct {
	descriptor
	data []byte
}

func blob(mediaType string, data []byte) content {
	return content{descriptor{MediaType: mediaType, Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(data)), Size: int64(len(data))}, data}
}

func imageConfig(entrypoint string, user int, layerDigest string) []byte {
	return mustJSON(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{
			"Entrypoint": []string{entrypoint}, "User": fmt.Sprintf("%d:%d", user, user),
			"Env": []string{"PATH=/bin:/usr/bin", "HOME=/tmp"}, "WorkingDir": "/",
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layerDigest}},
	})
}

func mustJSON(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // maps and strings always marshal
	}
	return data
}

// writeLayout names the one manifest by each reference; containerd takes the names from the annotation.
func writeLayout(out, layerPath string, layer descriptor, config, manifest content, references []string) error {
	index := map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"}
	var manifests []descriptor
	for _, reference := range references {
		named := manifest.descriptor
		named.Annotations = map[string]string{"io.containerd.image.name": reference}
		manifests = append(manifests, named)
	}
	index["manifests"] = manifests
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer file.Close()
	archive := tar.NewWriter(file)
	for target, data := range map[string][]byte{
		"/oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`), "/index.json": mustJSON(index),
		blobPath(config.Digest): config.data, blobPath(manifest.Digest): manifest.data,
	} {
		if err := addBytes(archive, target, string(data)); err != nil {
			return err
		}
	}
	if err := addFile(archive, blobPath(layer.Digest), layerPath); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return file.Close()
}

func blobPath(digest string) string { return "/blobs/sha256/" + strings.TrimPrefix(digest, "sha256:") }
