namespace Sigrun.Keyspace;

/// <summary>The databases by number. One that was never used takes eight bytes; it is made when somebody asks for it.</summary>
internal sealed class DatabaseList(Engine engine, int count)
{
    private readonly Database?[] _databases = new Database?[count];

    /// <summary>Numbers above this are of databases that were never used.</summary>
    private int _usedEnd;

    /// <summary>How many numbers there are.</summary>
    public int Length => _databases.Length;

    /// <summary>The database of a number.</summary>
    public Database this[int index] => _databases[index] ?? Make(index);

    /// <summary>The database of a number, or null when it was never used.</summary>
    public Database? Find(int index) => _databases[index];

    /// <summary>The databases that were ever used, in the order of their numbers.</summary>
    public Enumerator GetEnumerator() => new(_databases.AsSpan(0, _usedEnd));

    private Database Make(int index)
    {
        var made = new Database(engine, index);
        _usedEnd = Math.Max(_usedEnd, index + 1);
        return _databases[index] = made;
    }

    /// <summary>Goes through those that were ever used.</summary>
    public ref struct Enumerator(ReadOnlySpan<Database?> databases)
    {
        private readonly ReadOnlySpan<Database?> _databases = databases;
        private int _index = -1;

        /// <summary>The present one.</summary>
        public readonly Database Current => _databases[_index]!;

        /// <summary>Goes to the next one.</summary>
        public bool MoveNext()
        {
            while (++_index < _databases.Length)
            {
                if (_databases[_index] is not null) return true;
            }
            return false;
        }
    }
}
