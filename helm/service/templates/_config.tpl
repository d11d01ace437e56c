{{/* The environment that is no secret; `config` wins over what is derived here. */}}

{{- define "service.hosts" -}}
{{- $public := concat .Values.hostnames ((.Values.global).hostnames | default list) -}}
{{- $own := include "service.fullname" . -}}
{{- $internal := list $own (printf "%s.%s" $own .Release.Namespace) (printf "%s.%s.svc" $own .Release.Namespace) "localhost" -}}
{{- concat $public $internal | uniq | join "," -}}
{{- end }}

{{- define "service.config" -}}
{{- $root := . -}}
{{- $derived := dict "ALLOWED_HOSTS" (include "service.hosts" .) "DEBUG" "false" -}}
{{- $derived = merge $derived (dict "WEB_BIND" (printf "0.0.0.0:%d" (int .Values.web.port)) "MANAGEMENT_BIND" "0.0.0.0:9000") -}}
{{- $tag := (($root.Values.global).image | default dict).tag | default .Values.image.tag | default .Chart.AppVersion -}}
{{- $derived = merge $derived (dict "RELEASE" $tag "ENVIRONMENT" .Release.Namespace) -}}
{{- range $name, $value := merge (dict) .Values.config $derived }}
{{ $name }}: {{ tpl (toString $value) $root | quote }}
{{- end }}
{{- end }}
