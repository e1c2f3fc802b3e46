package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
)

func (s *Server) callAppResource(w http.ResponseWriter, r *http.Request) error {
	process, err := s.process(r.PathValue("id"))
	if err != nil {
		return err
	}
	pctx, err := s.pluginContext(process.plugin, identityFrom(r.Context()))
	if err != nil {
		return err
	}
	return s.callResource(w, r, process, pctx)
}

func (s *Server) callDataSourceResource(w http.ResponseWriter, r *http.Request) error {
	source, err := s.dataSource(r.PathValue("uid"))
	if err != nil {
		return err
	}
	process, pctx, err := s.dataSourceContext(source, identityFrom(r.Context()))
	if err != nil {
		return err
	}
	return s.callResource(w, r, process, pctx)
}

// callResource streams a plugin's resource answer. As Grafana's router does, the path reaches the plugin unescaped
// and without a trailing slash: an id with a slash in it arrives as two segments, however it was escaped.
func (s *Server) callResource(w http.ResponseWriter, r *http.Request, process *process, pctx backend.PluginContext) error {
	target := strings.TrimSuffix(r.PathValue("path"), "/")
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	parsed, err := url.Parse(target)
	if err != nil {
		return badRequest("Failed for create plugin resource request", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		return badRequest("request body could not be read", err)
	}
	conn, err := process.connected()
	if err != nil {
		return err
	}
	stream, err := conn.resource.CallResource(r.Context(), backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: pctx, Path: parsed.Path, Method: r.Method, URL: parsed.String(), Headers: resourceHeaders(r.Header), Body: body,
	}))
	if err != nil {
		return pluginCallError(err)
	}
	return flushResource(w, stream.Recv)
}

func flushResource(w http.ResponseWriter, receive func() (*pluginv2.CallResourceResponse, error)) error {
	for first := true; ; first = false {
		message, err := receive()
		if errors.Is(err, io.EOF) {
			if first {
				return &apiError{Status: http.StatusInternalServerError, Message: "The plugin gave no answer", MessageID: "plugin.requestFailureError"}
			}
			return nil
		}
		if err != nil && first {
			return pluginCallError(err)
		}
		if err != nil {
			return fmt.Errorf("resource stream: %w", err)
		}
		part := backend.FromProto().CallResourceResponse(message)
		if first {
			for name, values := range part.Headers {
				if strings.EqualFold(name, "Set-Cookie") {
					continue
				}
				for _, value := range values {
					w.Header().Add(name, value)
				}
			}
			w.Header().Set("Content-Security-Policy", "sandbox")
			w.WriteHeader(part.Status)
		}
		if _, err := w.Write(part.Body); err != nil {
			return fmt.Errorf("resource answer: %w", err)
		}
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
	}
}

func (s *Server) appHealth(w http.ResponseWriter, r *http.Request) error {
	process, err := s.process(r.PathValue("id"))
	if err != nil {
		return err
	}
	pctx, err := s.pluginContext(process.plugin, identityFrom(r.Context()))
	if err != nil {
		return err
	}
	return checkHealth(w, r, process, pctx, http.StatusServiceUnavailable)
}

func (s *Server) dataSourceHealth(w http.ResponseWriter, r *http.Request) error {
	source, err := s.dataSource(r.PathValue("uid"))
	if err != nil {
		return err
	}
	process, pctx, err := s.dataSourceContext(source, identityFrom(r.Context()))
	if err != nil {
		return err
	}
	return checkHealth(w, r, process, pctx, http.StatusBadRequest)
}

func checkHealth(w http.ResponseWriter, r *http.Request, process *process, pctx backend.PluginContext, unhealthy int) error {
	conn, err := process.connected()
	if err != nil {
		return err
	}
	answer, err := conn.diagnostics.CheckHealth(r.Context(), &pluginv2.CheckHealthRequest{
		PluginContext: backend.ToProto().PluginContext(pctx), Headers: queryHeaders(r),
	})
	if err != nil {
		return pluginCallError(err)
	}
	result := backend.FromProto().CheckHealthResponse(answer)
	payload := map[string]any{"status": result.Status.String(), "message": result.Message}
	if len(result.JSONDetails) > 0 {
		var details map[string]any
		if err := json.Unmarshal(result.JSONDetails, &details); err != nil {
			return fmt.Errorf("health details of plugin %s: %w", process.plugin.ID, err)
		}
		payload["details"] = details
	}
	code := http.StatusOK
	if result.Status != backend.HealthStatusOk {
		code = unhealthy
	}
	return writeJSON(w, code, payload)
}
