{{/* The environment that is no secret; `config` wins over what is derived here. */}}

{{- define "service.hosts" -}}
{{- $public := concat .Values.hostnames ((.Values.global).hostnames | default list) -}}
{{- $own := include "service.fullname" . -}}
{{- $internal := list $own (printf "%s.%s" $own .Release.Namespace) (printf "%s.%s.svc" $own .Release.Namespace) "localhost" -}}
{{- concat $public $internal | uniq | join "," -}}
{{- end }}

{{- define "service.telemetry" -}}
{{- mergeOverwrite (deepCopy .Values.telemetry) ((.Values.global).telemetry | default dict) | toYaml -}}
{{- end }}

{{- define "service.config" -}}
{{- $root := . -}}
{{- $derived := dict "ALLOWED_HOSTS" (include "service.hosts" .) "DEBUG" "false" -}}
{{- $derived = merge $derived (dict "WEB_BIND" (printf "0.0.0.0:%d" (int .Values.web.port)) "MANAGEMENT_BIND" "0.0.0.0:9000") -}}
{{- $tag := (($root.Values.global).image | default dict).tag | default .Values.image.tag | default .Chart.AppVersion -}}
{{- $telemetry := include "service.telemetry" . | fromYaml -}}
{{- $derived = merge $derived (dict "RELEASE" ($telemetry.release | default $tag) "ENVIRONMENT" ($telemetry.environment | default .Release.Namespace)) -}}
{{- with $telemetry.endpoint }}
{{- $derived = merge $derived (dict "OTEL_EXPORTER_OTLP_ENDPOINT" . "OTEL_TRACES_SAMPLER_ARG" $telemetry.ratio) -}}
{{- end }}
{{- $derived = merge $derived (dict "LIVENESS_SECONDS" .Values.livenessSeconds "DRAIN_SECONDS" .Values.web.drainSeconds) -}}
{{- range $name, $value := merge (dict) .Values.config $derived }}
{{ $name }}: {{ tpl (toString $value) $root | quote }}
{{- end }}
{{- end }}
