package plugin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/models"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
)

const (
	// testLasts is how long a test rule lives: an evaluation comes within a minute, and its notification a second later.
	testLasts = 2 * time.Minute
	// testUID is the one test rule; a second test replaces the first.
	testUID = "bl-test"
	// testFolder is that of the watchdog, which is there wherever rules are.
	testFolder, testFolderTitle = "burnline", "Burnline"
)

// testRequest is the body of POST alerts/test.
type testRequest struct {
	// ContactPoint is the name of a contact point; "" for the way of the notification policies.
	ContactPoint string `json:"contactPoint"`
	Severity     string `json:"severity"`
}

// sendTestAlert makes a rule that fires at once, and takes it away again: what arrives has come the whole way that
// a real alert comes.
func (p *Plugin) sendTestAlert(w http.ResponseWriter, r *http.Request) {
	var body testRequest
	if err := decode(w, r, &body, `{"contactPoint": "name, or empty for the notification policies", "severity": "page" or "ticket"}`); err != nil {
		fail(w, err)
		return
	}
	if body.Severity == "" {
		body.Severity = budget.SeverityPage
	}
	if body.Severity != budget.SeverityPage && body.Severity != budget.SeverityTicket {
		fail(w, badQuery("the severity is %q; it must be page or ticket.", body.Severity))
		return
	}
	body.ContactPoint = strings.TrimSpace(body.ContactPoint)
	if err := p.engine.testAlert(r.Context(), body, login(r)); err != nil {
		fail(w, grafanaError(err))
		return
	}
	where := "the way of the notification policies"
	if body.ContactPoint != "" {
		where = fmt.Sprintf("to the contact point %q", body.ContactPoint)
	}
	writeJSON(w, http.StatusOK, map[string]string{"message": fmt.Sprintf(
		"A test alert goes %s. It fires within a minute and is taken away after %s; the notification says that it is a test.", where, windowText(testLasts))})
}

func (e *Engine) testAlert(ctx context.Context, body testRequest, by string) error {
	alerting, err := e.alerting()
	if err != nil {
		return err
	}
	if body.ContactPoint != "" {
		points, err := alerting.ContactPoints(ctx)
		if err == nil {
			names := make([]string, len(points))
			for i, point := range points {
				names[i] = point.Name
				if point.Name == body.ContactPoint {
					names = nil
					break
				}
			}
			if names != nil {
				return badQuery("Grafana has no contact point %q. %s", body.ContactPoint, remedy(body.ContactPoint, names, "Make it under Alerting, Contact points."))
			}
		}
	}
	// An account that may make no folders works with one that somebody else made.
	if exists, err := alerting.FolderExists(ctx, testFolder); err != nil || !exists {
		if err := alerting.CreateFolder(ctx, testFolder, testFolderTitle); err != nil {
			return err
		}
	}
	if err := alerting.DeleteRule(ctx, testUID); err != nil {
		return err
	}
	if _, err := alerting.CreateRule(ctx, testRule(body, by, e.cfg.Now())); err != nil {
		return err
	}
	e.removeLater(alerting)
	return nil
}

// removeLater takes the test rule away. If the process ends before, the next reconciliation finds its label.
func (e *Engine) removeLater(alerting *grafana.Alerting) {
	e.keeping.mu.Lock()
	defer e.keeping.mu.Unlock()
	if e.keeping.testEnds != nil {
		e.keeping.testEnds.Stop()
	}
	e.keeping.testEnds = time.AfterFunc(testLasts, func() {
		ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
		defer cancel()
		if err := alerting.DeleteRule(ctx, testUID); err != nil {
			e.cfg.Logger.Warn("the test alert's rule was not deleted; the next reconciliation does it", "error", err)
		}
	})
}

// testRule is a rule that always fires.
func testRule(body testRequest, by string, now time.Time) *models.ProvisionedAlertRule {
	if by != "" {
		by = " by " + by
	}
	text := func(s string) *string { return &s }
	pending := strfmt.Duration(0)
	organisation := int64(1)
	m := &models.ProvisionedAlertRule{
		UID: testUID, Title: text("Burnline: test alert"), FolderUID: text(testFolder), RuleGroup: text("test"), Condition: text("A"),
		OrgID: &organisation, For: &pending, NoDataState: text(rule.StateOK), ExecErrState: text(rule.StateOK),
		Labels: map[string]string{alert.LabelSLO: alert.TestSLO, alert.LabelService: "burnline", alert.LabelSeverity: body.Severity},
		Annotations: map[string]string{
			"summary":     fmt.Sprintf("This is a test of a %s%s at %s: nothing is wrong.", body.Severity, by, clock(now)),
			"description": "Sent from Burnline's alert settings. The rule is deleted after two minutes; nothing needs to be done.",
		},
		Data: []*models.AlertQuery{{
			RefID: "A", DatasourceUID: rule.ExpressionUID, RelativeTimeRange: &models.RelativeTimeRange{From: models.Duration(600)},
			Model: map[string]any{"refId": "A", "type": "math", "expression": "1 > 0", "datasource": map[string]any{"type": rule.ExpressionUID, "uid": rule.ExpressionUID}},
		}},
	}
	if body.ContactPoint != "" {
		m.NotificationSettings = &models.AlertRuleNotificationSettings{Receiver: &body.ContactPoint, GroupWait: "1s", GroupInterval: "10s", RepeatInterval: "4h"}
	}
	return m
}
