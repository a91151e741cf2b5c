using Sigrun;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Observability;

var settings = new EngineSettings();
using var engine = new Engine(settings, new SystemClock(), new ServerLog(), 42);
using var host = new EngineHost(engine);
int port = args.Length > 1 ? int.Parse(args[1]) : 6379;
Listener? listener = Listener.TryBind("127.0.0.1", port, 511, out string error);
if (listener is null) { Console.WriteLine(error); return 1; }
host.Loop.AddListener(listener);
Console.WriteLine("Ready to accept connections tcp");
host.Loop.Run();
return 0;
