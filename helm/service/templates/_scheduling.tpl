{{/* Takes a list: the component's name, and the chart's root. */}}

{{- define "service.spread" -}}
{{- $component := index . 0 }}{{- $root := index . 1 }}
{{- if $root.Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "service.selector" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $component }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end }}

{{- define "service.podmeta" -}}
{{- $component := index . 0 }}{{- $root := index . 1 }}
labels:
  {{- include "service.labels" $root | nindent 2 }}
  app.kubernetes.io/component: {{ $component }}
  plaza.example/management: "true"
  {{- with $root.Values.podLabels }}{{- toYaml . | nindent 2 }}{{- end }}
annotations:
  checksum/config: {{ include (print $root.Template.BasePath "/configmap.yaml") $root | sha256sum }}
  {{- with $root.Values.podAnnotations }}{{- toYaml . | nindent 2 }}{{- end }}
{{- end }}
