#ifndef SCAN_BENCH_SCAN_BENCH_H
#define SCAN_BENCH_SCAN_BENCH_H

/*
 * The scanner on pictures whose texts are known, beside every peer that is installed. One JSON object a line:
 * {"name","value","unit","peer","peer_name","ratio","goal","ok"}, a line for each peer. Options: see --help. Returns an
 * exit status: 0 ran (whatever the figures), 2 could not run.
 */
int scan_bench_run(int argc, char **argv);

#endif
