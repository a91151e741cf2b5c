"""Side-by-side measurement of servers that speak RESP.

One run starts every server under test, drives the same loads at each in turn and compares
medians. What is measured is kept apart from how it is shown:

    cli         the command line; the only module that prints progress and exits
    catalogue   the loads: a load's name is its definition, so any combination can be asked for
    bench       what every measurement needs: servers, cores, settings, clean-up
    procfs      what the kernel accounts to a process: CPU, threads, memory, cores
    server      one server process, from start to stop
    resp        a small client and a bulk loader
    generator   the load generator (valkey-benchmark or redis-benchmark) and its report
    traffic     throughput, CPU and latency under load, warmed or from a cold start
    datatypes   the commands of data types, and how what they work on is kept steady
    fills       what servers are filled with for them
    calls       the time of one long call
    footprint   memory per key and per item, start-up time
    stalls      the longest pause that another client sees
    model       metrics, samples, results; the JSON file
    goals       the targets the project holds itself to
    table       the result as text
    charts      inline SVG
    page        the result as one HTML file
"""
