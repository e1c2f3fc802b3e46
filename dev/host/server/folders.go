package server

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// maxUID is Grafana's limit on the length of a uid.
const maxUID = 40

var validUID = regexp.MustCompile(`^[a-zA-Z0-9\-_]+$`)

type folder struct {
	ID        int64     `json:"id"`
	UID       string    `json:"uid"`
	ParentUID string    `json:"parentUid"`
	Title     string    `json:"title"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Version   int       `json:"version"`
}

func (f *folder) url() string { return "/dashboards/f/" + f.UID + "/" + slug(f.Title) }

func (f *folder) dto(who *identity) map[string]any {
	may := func(action string) bool { return who.may(action, "folders:uid:"+f.UID) }
	dto := map[string]any{
		"id": f.ID, "uid": f.UID, "title": f.Title, "url": f.url(), "hasAcl": false, "canSave": may(actionFoldersWrite), "canEdit": may(actionFoldersWrite),
		"canAdmin": who.role == RoleAdmin, "canDelete": may(actionFoldersDelete), "createdBy": "Anonymous", "created": f.Created,
		"updatedBy": "Anonymous", "updated": f.Updated, "version": f.Version,
	}
	if f.ParentUID != "" {
		dto["parentUid"] = f.ParentUID
	}
	return dto
}

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

func slug(title string) string {
	return strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(title), "-"), "-")
}

func (s *Server) folderByUID(uid string) (*folder, error) {
	var found *folder
	s.store.read(func(state *state) { found = findFolder(state, uid) })
	if found == nil {
		return nil, &apiError{Status: http.StatusNotFound, Message: "folder not found"}
	}
	return found, nil
}

func findFolder(state *state, uid string) *folder {
	at := slices.IndexFunc(state.Folders, func(f *folder) bool { return f.UID == uid })
	if at < 0 {
		return nil
	}
	return state.Folders[at]
}

func (s *Server) listFolders(w http.ResponseWriter, r *http.Request) error {
	hits := []any{}
	parent, who := r.URL.Query().Get("parentUid"), identityFrom(r.Context())
	s.store.read(func(state *state) {
		for _, f := range state.Folders {
			if f.ParentUID == parent && who.may(actionFoldersRead, "folders:uid:"+f.UID) {
				hits = append(hits, map[string]any{"id": f.ID, "uid": f.UID, "title": f.Title, "parentUid": f.ParentUID})
			}
		}
	})
	return writeJSON(w, http.StatusOK, hits)
}

func (s *Server) createFolder(w http.ResponseWriter, r *http.Request) error {
	var command struct {
		UID       string `json:"uid"`
		Title     string `json:"title"`
		ParentUID string `json:"parentUid"`
	}
	if err := readJSON(r, &command); err != nil {
		return err
	}
	if command.Title == "" {
		return badRequest("folder title cannot be empty", nil)
	}
	if command.UID != "" && (len(command.UID) > maxUID || !validUID.MatchString(command.UID)) {
		return badRequest("uid contains illegal characters or is longer than 40 characters", nil)
	}
	now := time.Now().UTC()
	created := &folder{UID: cmp.Or(command.UID, uuid.NewString()[:14]), ParentUID: command.ParentUID, Title: command.Title, Created: now, Updated: now, Version: 1}
	err := s.store.change(func(state *state) error {
		if findFolder(state, created.UID) != nil {
			return &apiError{Status: http.StatusConflict, Message: "a folder with the same UID already exists"}
		}
		if created.ParentUID != "" && findFolder(state, created.ParentUID) == nil {
			return &apiError{Status: http.StatusNotFound, Message: "parent folder not found"}
		}
		created.ID = state.newID()
		state.Folders = append(state.Folders, created)
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, created.dto(identityFrom(r.Context())))
}

func (s *Server) getFolder(w http.ResponseWriter, r *http.Request) error {
	found, err := s.folderByUID(r.PathValue("uid"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, found.dto(identityFrom(r.Context())))
}

func (s *Server) updateFolder(w http.ResponseWriter, r *http.Request) error {
	var command struct {
		Title     string `json:"title"`
		Version   int    `json:"version"`
		Overwrite bool   `json:"overwrite"`
	}
	if err := readJSON(r, &command); err != nil {
		return err
	}
	var fresh folder
	err := s.store.change(func(state *state) error {
		old := findFolder(state, r.PathValue("uid"))
		if old == nil {
			return &apiError{Status: http.StatusNotFound, Message: "folder not found"}
		}
		if !command.Overwrite && command.Version != old.Version {
			return &apiError{Status: http.StatusPreconditionFailed, Message: "the folder has been changed by someone else"}
		}
		fresh = *old
		fresh.Title, fresh.Updated, fresh.Version = cmp.Or(command.Title, old.Title), time.Now().UTC(), old.Version+1
		state.Folders[slices.Index(state.Folders, old)] = &fresh
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, fresh.dto(identityFrom(r.Context())))
}

func (s *Server) deleteFolder(w http.ResponseWriter, r *http.Request) error {
	uid := r.PathValue("uid")
	var gone *folder
	err := s.store.change(func(state *state) error {
		if gone = findFolder(state, uid); gone == nil {
			return &apiError{Status: http.StatusNotFound, Message: "folder not found"}
		}
		goes := func(folder string) bool {
			found := findFolder(state, folder)
			return folder == uid || found != nil && found.ParentUID == uid
		}
		rules := slices.DeleteFunc(slices.Clone(state.AlertRules), func(r *alertRule) bool { return goes(r.FolderUID) })
		if len(rules) < len(state.AlertRules) && r.URL.Query().Get("forceDeleteRules") != "true" {
			return badRequest("folder cannot be deleted: folder contains alert rules", nil)
		}
		state.AlertRules = rules
		state.Folders = slices.DeleteFunc(state.Folders, func(f *folder) bool { return f.UID == uid || f.ParentUID == uid })
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"id": gone.ID, "title": gone.Title, "message": "Folder " + gone.Title + " deleted"})
}
