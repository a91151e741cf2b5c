namespace Sigrun.Storage.Defragmentation;

/// <summary>Chooses the slabs that are emptied: of each class the sparsest, as many as its other slabs have room for.</summary>
/// <remarks>
/// So every block moves at most once, and each slab that is won costs as few copies as possible. The slabs are counted by how
/// full they are, then marked, by two walks over their side records, which touch no data page. Both go in steps: what
/// changes meanwhile makes the choice a little less exact, and nothing else.
/// </remarks>
internal sealed unsafe class SlabChoice(Heap heap)
{
    /// <summary>Degrees of being full that are told apart.</summary>
    private const int Grades = 64;

    private readonly int[] _slabs = new int[SizeClasses.Count * Grades];

    /// <summary>By class: slabs below this grade leave, and of those in it as many as are left over.</summary>
    private readonly int[] _lastGrade = new int[SizeClasses.Count];
    private readonly int[] _left = new int[SizeClasses.Count];
    private int _unit;
    private bool _isMarking;

    /// <summary>Whether it is still being chosen.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>Begins a choice; slabs that were leaving and are not empty are kept.</summary>
    public void Begin()
    {
        heap.KeepLeaving();
        heap.GiveBackEmptySlabs();
        Array.Clear(_slabs);
        _unit = 1;
        _isMarking = false;
        IsUnfinished = true;
    }

    /// <summary>Gives the choice up, and keeps the slabs.</summary>
    public void Cancel()
    {
        IsUnfinished = false;
        heap.KeepLeaving();
    }

    /// <summary>Looks at so many units more.</summary>
    public void Step(int units)
    {
        for (; units > 0 && _unit < heap.UsedUnits; units--)
        {
            UnitInfo* unit = heap.Units + _unit;
            _unit += unit->Kind == UnitKind.Large ? (int)unit->RunUnits : 1;
            if (unit->Kind != UnitKind.Slab || unit->IsLeaving || unit->Used == 0 || unit->Used == heap.SlotsOf(unit->SizeClass)) continue;
            if (_isMarking) Mark(unit);
            else _slabs[unit->SizeClass * Grades + GradeOf(unit)]++;
        }
        if (_unit < heap.UsedUnits) return;
        if (_isMarking)
        {
            IsUnfinished = false;
            return;
        }
        for (int i = 0; i < SizeClasses.Count; i++) Decide(i);
        _isMarking = true;
        _unit = 1;
    }

    private void Decide(int sizeClass)
    {
        int left = (int)heap.SpareSlabs(sizeClass);
        int grade = 0;
        while (grade < Grades && _slabs[sizeClass * Grades + grade] < left) left -= _slabs[sizeClass * Grades + grade++];
        _lastGrade[sizeClass] = grade;
        _left[sizeClass] = left;
    }

    private void Mark(UnitInfo* slab)
    {
        int grade = GradeOf(slab);
        int last = _lastGrade[slab->SizeClass];
        if (grade > last || (grade == last && _left[slab->SizeClass]-- <= 0)) return;
        heap.BeginLeaving(slab);
    }

    private int GradeOf(UnitInfo* slab) => slab->Used * Grades / heap.SlotsOf(slab->SizeClass);
}
