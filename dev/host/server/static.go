package server

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// pluginAsset serves a file of a plugin's folder as it is. A folder of an app's nested plugin is reachable under the
// nested id and, as in Grafana, under the app's.
func (s *Server) pluginAsset(w http.ResponseWriter, r *http.Request) error {
	plugin, ok := s.byID[r.PathValue("id")]
	if !ok {
		return &apiError{Status: http.StatusNotFound, Message: "Plugin not found", MessageID: "plugin.notFound"}
	}
	return serveBelow(w, r, plugin.Dir, r.PathValue("path"))
}

// publicAsset serves the page's own files: the bundle under build/, fonts and icons.
func (s *Server) publicAsset(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Web == "" {
		return notFound("Not found")
	}
	return serveBelow(w, r, filepath.Join(s.cfg.Web, "public"), r.PathValue("path"))
}

func serveBelow(w http.ResponseWriter, r *http.Request, dir, name string) error {
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	root, err := os.OpenRoot(dir)
	if err != nil {
		return notFound("Not found")
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat(filepath.FromSlash(clean))
	if err != nil || info.IsDir() || strings.HasPrefix(path.Base(clean), "gpx_") {
		return notFound("Not found")
	}
	// A rebuilt plugin shows at the next load: the browser asks each time and mostly gets a 304.
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, root.FS(), clean)
	return nil
}

// page serves the one HTML page for every path that a browser may open.
func (s *Server) page(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Web == "" || (r.Method != http.MethodGet && r.Method != http.MethodHead) || strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/public/") || strings.HasPrefix(r.URL.Path, "/apis/") {
		return notFound("Not found")
	}
	return serveBelow(w, r, s.cfg.Web, "index.html")
}
