{{- define "plaza.selector" -}}
app.kubernetes.io/name: gateway
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{- define "plaza.labels" -}}
{{ include "plaza.selector" . }}
app.kubernetes.io/part-of: plaza
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "plaza.envoy" -}}
{{- $prefix := printf "%s-" .Release.Name -}}
{{- .Files.Get "files/envoy.yaml"
  | replace "RELEASE-" $prefix
  | replace "@PUBLIC_URL@" .Values.gateway.publicUrl
  | replace "@RATE_PER_SECOND@" (toString .Values.gateway.ratePerSecond)
  | replace "@RATE_BURST@" (toString (mul 2 .Values.gateway.ratePerSecond)) -}}
{{- end }}
