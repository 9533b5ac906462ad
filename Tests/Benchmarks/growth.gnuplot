# Draws folder/growth.png from what growth-report.awk left in the folder: a column of plots per axis.
axes = system(sprintf("wc -l < %s/growth-axes", folder)) + 0
name(axis) = system(sprintf("sed -n %dp %s/growth-axes", axis, folder))
points(axis) = sprintf("%s/growth-%d.tsv", folder, axis)

set terminal pngcairo size 300 * axes, 720 font "sans,9"
set output folder . "/growth.png"
set datafile separator "\t"
set logscale x
set grid ytics linetype 1 linewidth 1 linecolor rgb "#dddddd"
set border 3
set tics nomirror
set autoscale xfix
set offsets graph 0.06, graph 0.06, 0, 0
set key top left samplen 1
set style line 1 linewidth 2 pointtype 7 pointsize 0.8 linecolor rgb "#1f5fa8"
set style line 2 linewidth 2 pointtype 7 pointsize 0.8 linecolor rgb "#c8501e"
set style line 3 linewidth 2 pointtype 7 pointsize 0.8 linecolor rgb "#3f8f4f"

set multiplot layout 3, axes
do for [axis = 1:axes] {
  set title name(axis)
  set ylabel axis == 1 ? "requests/s" : ""
  set yrange [0:*]
  plot points(axis) using 1:3:xticlabels(2) with linespoints linestyle 1 notitle
}
unset title
set offsets graph 0.06, graph 0.06, graph 0.3, 0
do for [axis = 1:axes] {
  set ylabel axis == 1 ? "CPU µs per request" : ""
  plot points(axis) using 1:5:xticlabels(2) with linespoints linestyle 1 title "API", \
    "" using 1:6 with linespoints linestyle 2 title "Redis", "" using 1:7 with linespoints linestyle 3 title "Postgres"
}
set offsets graph 0.06, graph 0.06, 0, 0
set logscale y
do for [axis = 1:axes] {
  set ylabel axis == 1 ? "p99 ms" : ""
  set yrange [*:*]
  plot points(axis) using 1:4:xticlabels(2) with linespoints linestyle 1 notitle
}
unset multiplot
