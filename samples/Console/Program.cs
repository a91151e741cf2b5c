// A server without a socket: nothing listens, nothing is written to disk, and it is gone with the program.
using System.Text;
using Sigrun;

await using var server = new SigrunServer();
await server.StartAsync();
await using Stream connection = server.Connect();
using var replies = new StreamReader(connection, Encoding.UTF8, leaveOpen: true);

foreach (string command in (string[])["SET greeting hello", "STRLEN greeting", "INCR visits", "DBSIZE"])
{
    await connection.WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"));
    Console.WriteLine($"{command,-16} {await replies.ReadLineAsync()}");
}

SigrunStatistics statistics = await server.GetStatisticsAsync();
Console.WriteLine($"{statistics.Keys} keys, {statistics.CommandsProcessed} commands");
