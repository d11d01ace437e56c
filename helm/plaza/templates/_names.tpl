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

{{- define "plaza.audit.selector" -}}
app.kubernetes.io/name: audit-across
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: audit
{{- end }}

{{- define "plaza.audit" -}}
{{ include "plaza.audit.selector" . }}
app.kubernetes.io/part-of: plaza
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Without a collector the gateway's configuration has no word about traces. */}}
{{- define "plaza.envoy" -}}
{{- $prefix := printf "%s-" .Release.Name -}}
{{- $telemetry := .Values.global.telemetry | default dict -}}
{{- $address := regexReplaceAll "^http://" ($telemetry.endpoint | default "") "" -}}
{{- $text := .Files.Get "files/envoy.yaml" -}}
{{- if not $address }}{{ $text = regexReplaceAll "(?s) *# traces begin.*?# traces end\n" $text "" }}{{ end -}}
{{- $text
  | replace "@COLLECTOR_URL@" (printf "http://%s/v1/traces" $address)
  | replace "@COLLECTOR_HOST@" (regexReplaceAll ":.*" $address "")
  | replace "@COLLECTOR_PORT@" (regexReplaceAll ".*:" $address "")
  | replace "@TRACES_PERCENT@" (toString (mulf 100 ($telemetry.ratio | default 0.1)))
  | replace "RELEASE-" $prefix
  | replace "@PUBLIC_URL@" .Values.gateway.publicUrl
  | replace "@RATE_PER_SECOND@" (toString .Values.gateway.ratePerSecond)
  | replace "@RATE_BURST@" (toString (mul 2 .Values.gateway.ratePerSecond)) -}}
{{- end }}
