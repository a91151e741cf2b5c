namespace Sigrun.Observability;

/// <summary>What INFO tells: chooses the sections and puts them together.</summary>
/// <remarks>
/// Names and order of sections and fields are Valkey's. A field of a feature that does not exist here
/// yet is present when its value is known all the same (nothing is replicated, so no replica is connected)
/// and left out when it is not.
/// </remarks>
internal sealed class InfoReport(Engine engine)
{
    private const string Default = "server clients memory persistence stats replication cpu modules errorstats cluster keyspace";
    private const string All = "server tls clients memory persistence stats replication cpu modules commandstats errorstats latencystats cluster cluster_info scriptingengines keyspace";
    private static readonly string[] LdapSections = ["everything", "modules", "ldap", "ldap_status"];

    /// <summary>Writes the sections asked for; the usual ones when none is.</summary>
    public string Write(IReadOnlyCollection<string> sections)
    {
        var wanted = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (sections.Count == 0) AddWords(wanted, Default);
        foreach (string section in sections)
        {
            switch (section.ToLowerInvariant())
            {
                case "default":
                    AddWords(wanted, Default);
                    break;
                case "all" or "everything":
                    AddWords(wanted, All);
                    break;
                default:
                    wanted.Add(section);
                    break;
            }
        }

        var info = new InfoWriter();
        if (wanted.Contains("server")) InfoServer.WriteServer(info, engine);
        if (wanted.Contains("tls")) InfoTls.Write(info, engine);
        if (wanted.Contains("clients")) InfoServer.WriteClients(info, engine);
        if (wanted.Contains("memory")) InfoMemory.Write(info, engine);
        if (wanted.Contains("persistence")) InfoServer.WritePersistence(info, engine);
        if (wanted.Contains("stats")) InfoStats.Write(info, engine);
        if (wanted.Contains("replication")) InfoServer.WriteReplication(info, engine);
        if (wanted.Contains("cpu")) InfoServer.WriteCpu(info, engine);
        if (wanted.Contains("modules")) info.Section("Modules");
        if (wanted.Contains("commandstats")) InfoCommands.WriteStatistics(info, engine);
        if (wanted.Contains("errorstats")) InfoCommands.WriteErrors(info, engine);
        if (wanted.Contains("latencystats")) InfoCommands.WriteLatencies(info, engine);
        if (wanted.Contains("cluster")) InfoServer.WriteCluster(info);
        if (wanted.Contains("cluster_info")) info.Section("Cluster Info");
        if (wanted.Contains("scriptingengines")) InfoServer.WriteScriptingEngines(info);
        if (wanted.Contains("keyspace")) InfoServer.WriteKeyspace(info, engine);
        if (wanted.Contains("debug")) InfoStats.WriteDebug(info, engine);
        // Reported like the module that it is in Valkey: with everything, or by name.
        if (sections.Any(static s => LdapSections.Contains(s, StringComparer.OrdinalIgnoreCase))) engine.Ldap.WriteStatus(info);
        return info.ToString();
    }

    private static void AddWords(HashSet<string> target, string words) => target.UnionWith(words.Split(' '));
}
