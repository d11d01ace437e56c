{{/* What every pod and every container of this chart has. */}}

{{- define "service.image" -}}
{{- $global := (.Values.global).image | default dict -}}
{{- $registry := $global.registry | default .Values.image.registry -}}
{{- $tag := $global.tag | default .Values.image.tag | default .Chart.AppVersion -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{ .Values.image.repository }}/{{ include "service.name" . }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end }}

{{- define "service.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "service.container" -}}
image: {{ include "service.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* The secret's files are read by every process from /run/secrets; nothing secret is in the environment. */}}
{{- define "service.mounts" -}}
- {name: secrets, mountPath: /run/secrets, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "service.secrets" -}}
{{- $own := required "existingSecret is required: the name of a Secret with DATABASE_URL, BROKER_URL, CACHE_URL and SECRET_KEY" .Values.existingSecret -}}
{{- $sentry := (include "service.telemetry" . | fromYaml).sentrySecret -}}
- name: secrets
  {{- if $sentry }}
  projected:
    defaultMode: 0440
    sources:
      - secret: {name: {{ $own }}}
      - secret: {name: {{ $sentry }}, items: [{key: SENTRY_DSN, path: SENTRY_DSN}]}
  {{- else }}
  secret:
    secretName: {{ $own }}
    defaultMode: 0440
  {{- end }}
{{- end }}

{{/* Memory for the metrics that processes with children share; emptied at each start by the launcher. */}}
{{- define "service.metrics" -}}
- name: metrics
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end }}

{{- define "service.probes" -}}
startupProbe:
  httpGet: {path: /startupz, port: management}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: management}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 3
livenessProbe:
  httpGet: {path: /livez, port: management}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}
