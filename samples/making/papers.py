"""What is written rather than counted: department reports, the words of the monthly report, staff and survey tables."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from samples.making.centre import CLEAN, DEPARTMENTS, FRONT, GUARD, MANAGER, OFFICE, POSTS, SUPERVISORS, WORKS, staff
from samples.making.occupancy import Month, Rows
from samples.making.phrases import SURVEY_ITEMS

Table = dict[str, Rows]

# month → department → (工作内容, 责任人, 完成日, 结果)
DONE: dict[int, dict[str, tuple[tuple[str, str, int, str], ...]]] = {
    9: {
        FRONT: (
            ("完成8月基础数据汇总并报主管复核", "谭晓雯", 3, "按时报送"),
            ("三季度物业费催缴：电话、上门、函件三轮", "许立民", 28, "当月追回部分往期欠费"),
            ("新入住业户资料建档、门禁卡办理", "蒋月华", 30, "资料齐全"),
            ("装修户午间、晚间巡查", "谭晓雯", 30, "违规户均已发整改通知"),
            ("中秋邻里游园活动", "彭佳慧", 24, "约260人参加，反响良好"),
            ("收费公示栏更新，补充垃圾清运费备案文件", "许立民", 11, "已公示"),
        ),
        GUARD: (
            ("国庆前消防通道清障，清理违停和堆物", "雷振华", 29, "通道畅通"),
            ("消防器材月检", "贺强", 15, "发现失压灭火器两具，已更换"),
            ("北侧围墙红外对射恢复，修剪遮挡树枝", "段军", 25, "逐点测试正常"),
            ("僵尸自行车、电动车清理", "邹志勇", 19, "清理17辆，公示期满后处置"),
            ("访客登记制度抽查", "雷振华", 30, "抽查12次，2次不合格已教育"),
        ),
        WORKS: (
            ("15—20栋楼道灯具巡查", "葛建平", 12, "更换声控灯23只"),
            ("二次供水水箱清洗消毒（上半年欠的一次补做）", "罗铁成", 18, "水质检测合格"),
            ("电梯半月保养跟踪", "崔永强", 29, "28部电梯全部按期保养"),
            ("9月8日停电后应急灯逐一检查", "任海涛", 20, "更换电池14只"),
            ("雨污管网汛后疏通", "贾长林", 26, "完成东区，西区列入下月"),
            ("高层顶层屋面渗漏修补（3栋）", "许国栋", 27, "雨后复查无渗漏"),
        ),
        CLEAN: (
            ("中心花园水景清洗换水", "龙玉兰", 9, "水质清澈"),
            ("绿篱、球类秋季修剪", "常根生", 25, "完成东区约3200平方米"),
            ("楼道周拖洗改为每周两次试点（9—14栋）", "阎秀梅", 30, "业户反映较好"),
            ("蚊蝇消杀四次", "邵秀英", 28, "按计划完成并公示"),
            ("垃圾桶盖更换", "万桂芳", 16, "更换26只"),
        ),
    },
    10: {
        FRONT: (
            ("完成9月基础数据汇总并报主管复核", "谭晓雯", 8, "按时报送"),
            ("下半年客户满意度调查", "彭佳慧", 27, "回收问卷并完成统计"),
            ("重阳节走访独居老人", "蒋月华", 18, "走访21户，登记关爱名单"),
            ("空置房逐户巡查，开窗通风", "许立民", 23, "发现渗水1户，已报修"),
            ("装修资料归档整理（7—9月完工户）", "谭晓雯", 30, "资料齐全，已装盒"),
            ("新增值守手机，解决前台电话占线", "彭佳慧", 15, "号码已公示"),
            ("前台叫号机采购安装", "许立民", 22, "已启用"),
        ),
        GUARD: (
            ("国庆长假值守，每日巡逻签到", "雷振华", 7, "无责任事件"),
            ("消防器材月检", "贺强", 16, "全部合格"),
            ("电梯困人应急演练", "雷振华", 22, "与维保单位联动，12分钟放人"),
            ("地库拐角补划禁停线、加装隔离桩", "邹志勇", 20, "完成6处"),
            ("高空抛物告知书逐户发放（33—38栋）", "陆海波", 31, "发放264户"),
            ("北门人脸识别照片重新采集", "易林", 26, "采集412人"),
        ),
        WORKS: (
            ("西区雨污管网疏通", "贾长林", 21, "清淤约6立方米"),
            ("电梯半月保养跟踪", "崔永强", 30, "28部电梯全部按期保养"),
            ("高层门机皮带逐台检查", "崔永强", 29, "更换2台，其余正常"),
            ("公共照明时控调整，按日落时间关启", "葛建平", 12, "用电较上年同月下降"),
            ("监控中心电表更换", "任海涛", 17, "旧表止数、新表起数已登记"),
            ("消防泵月度试运行", "许国栋", 14, "压力正常"),
            ("儿童乐园地垫更换12块", "葛建平", 24, "已恢复开放"),
        ),
        CLEAN: (
            ("西区绿篱秋季修剪", "常根生", 23, "完成约2800平方米"),
            ("地库地面油污清洗", "龙玉兰", 19, "4个区全部清洗"),
            ("楼前裸土补种麦冬", "樊桂生", 28, "补种约90平方米"),
            ("楼道周拖洗推广到全部多层", "阎秀梅", 31, "按新班次执行"),
            ("国庆花摆布置与养护", "常根生", 6, "花摆完好"),
            ("12栋东侧增设分类投放点", "邵秀英", 16, "已启用"),
        ),
    },
}

# 事项, 原因, 跟进措施, 责任人, 完工时间节点
UNFINISHED: dict[int, dict[str, tuple[tuple[str, str, str, str, date], ...]]] = {
    9: {
        FRONT: (
            (
                "前台叫号机采购安装",
                "总经办9月24日批复，供应商10月中旬到货",
                "与供应商确认到货日，提前布线",
                "许立民",
                date(2026, 10, 22),
            ),
        ),
        GUARD: (
            (
                "北门人脸识别照片重新采集",
                "业主配合时间分散，完成约四成",
                "晚间和周末设采集点，群内接龙预约",
                "易林",
                date(2026, 10, 31),
            ),
        ),
        WORKS: (
            (
                "西区雨污管网疏通",
                "连续降雨无法下井作业",
                "天晴后连续作业，夜间避开用水高峰",
                "贾长林",
                date(2026, 10, 20),
            ),
            (
                "地下车库2区排水沟盖板更换",
                "定制盖板供货延迟",
                "每周催货，先用铁板覆盖并设警示",
                "罗铁成",
                date(2026, 10, 31),
            ),
        ),
        CLEAN: (
            (
                "西区绿篱秋季修剪",
                "绿篱机一台维修，人手不足",
                "绿篱机10月8日取回，绿化工加班两个周末",
                "常根生",
                date(2026, 10, 25),
            ),
        ),
    },
    10: {
        FRONT: (
            (
                "往年欠费户律师函发放",
                "公司法务统一审核文本，10月底未返回",
                "每周与法务联系一次，文本返回后三日内发出",
                "许立民",
                date(2026, 11, 20),
            ),
        ),
        GUARD: (
            (
                "仰拍摄像头加装（33—38栋）",
                "总经办批复预算时调整方案，重新询价",
                "11月5日前完成三家比价，先用移动摄像机补点",
                "雷振华",
                date(2026, 11, 30),
            ),
        ),
        WORKS: (
            (
                "地下车库2区排水沟盖板更换",
                "首批盖板尺寸不符退回重做",
                "厂家11月8日补货，到货即装，期间铁板覆盖、夜间警示灯",
                "罗铁成",
                date(2026, 11, 15),
            ),
            (
                "40栋外墙空鼓修补",
                "需高空作业，十月下旬连续大风",
                "已围挡；与施工队约定11月中旬择日施工",
                "许国栋",
                date(2026, 11, 25),
            ),
        ),
        CLEAN: (),
    },
}

# 检查项目, 次数, 不合格, 已整改, 备注
CHECKS: dict[int, dict[str, tuple[tuple[str, int, int, int, str | None], ...]]] = {
    9: {
        FRONT: (
            ("前台服务规范检查", 8, 2, 2, None),
            ("装修现场巡查", 60, 9, 8, "1户外机位移位限期10月5日前恢复"),
            ("空置房巡查", 4, 1, 1, None),
        ),
        GUARD: (("岗位纪律检查", 30, 4, 4, None), ("消防器材检查", 4, 2, 2, None), ("夜间查岗", 12, 1, 1, None)),
        WORKS: (("设备房巡检", 60, 3, 3, None), ("电梯安全检查", 4, 2, 2, None), ("公共照明巡查", 8, 11, 11, None)),
        CLEAN: (
            ("楼道保洁检查", 30, 12, 12, None),
            ("外围及地库检查", 30, 7, 7, None),
            ("绿化养护检查", 8, 3, 2, "西区补剪列入10月"),
        ),
    },
    10: {
        FRONT: (("前台服务规范检查", 9, 1, 1, None), ("装修现场巡查", 62, 7, 7, None), ("空置房巡查", 4, 1, 1, None)),
        GUARD: (("岗位纪律检查", 31, 3, 3, None), ("消防器材检查", 4, 0, 0, None), ("夜间查岗", 13, 2, 2, None)),
        WORKS: (
            ("设备房巡检", 62, 4, 4, None),
            ("电梯安全检查", 5, 2, 2, None),
            ("公共照明巡查", 8, 9, 9, None),
            ("消防系统月检", 1, 3, 2, "1处喷淋末端待配件，11月6日前修复"),
        ),
        CLEAN: (("楼道保洁检查", 31, 9, 9, None), ("外围及地库检查", 31, 6, 6, None), ("绿化养护检查", 8, 2, 2, None)),
    },
}

# 类别, 工作内容, 目标/标准, 责任人, 配合, 开始, 完成, 资源/预算 (days of the next month)
PLANS: dict[int, dict[str, tuple[tuple[str, str, str, str, str | None, int, int, str | None], ...]]] = {
    9: {
        FRONT: (
            ("重点", "下半年客户满意度调查", "发放360份，回收率不低于95%", "彭佳慧", "各部门", 12, 27, "印刷费300元"),
            ("社区活动", "重阳节走访独居老人", "走访不少于20户", "蒋月华", "特勤部", 16, 18, "慰问品1200元"),
            ("日常", "10月物业费催缴", "当期收缴率97%以上", "许立民", None, 8, 31, None),
            ("培训", "每周一次部门培训", "合格率100%", "彭佳慧", None, 1, 31, None),
        ),
        GUARD: (
            ("重点", "国庆长假值守", "无责任事件", "雷振华", "工程维修部", 1, 7, None),
            ("检查", "消防器材月检", "完好率100%", "贺强", None, 15, 16, None),
            ("培训", "电梯困人应急演练", "15分钟内放人", "雷振华", "工程维修部", 22, 22, None),
        ),
        WORKS: (
            ("维修保养", "西区雨污管网疏通", "排水畅通", "贾长林", "保洁绿化部", 9, 20, "清淤车租赁1600元"),
            ("维修保养", "消防泵月度试运行", "压力正常", "许国栋", None, 14, 14, None),
            ("检查", "公共照明时控调整", "用电同比下降5%以上", "葛建平", None, 9, 12, None),
        ),
        CLEAN: (
            ("重点", "国庆花摆养护", "花摆完好，节后撤除", "常根生", None, 1, 8, "花卉2400元"),
            ("日常", "西区绿篱秋季修剪", "高度一致、无漏剪", "常根生", None, 9, 25, None),
        ),
    },
    10: {
        FRONT: (
            ("重点", "四季度欠费催缴", "当期收缴率97%以上，往期追回不少于2万元", "许立民", None, 1, 30, None),
            ("日常", "满意度调查问题整改通报", "逐条回复并公示", "彭佳慧", "各部门", 3, 20, None),
            ("检查", "装修户午间巡查加密", "违规当日发整改通知", "谭晓雯", "特勤部", 1, 30, None),
            ("培训", "每周一次部门培训", "合格率100%", "彭佳慧", None, 2, 27, None),
            ("社区活动", "便民服务日（磨刀、量血压）", "参加不少于150人", "蒋月华", "保洁绿化部", 21, 21, "800元"),
        ),
        GUARD: (
            ("重点", "119消防宣传与疏散演练", "3栋高层参加，疏散8分钟内", "雷振华", "工程维修部", 9, 9, "宣传品600元"),
            ("重点", "仰拍摄像头加装（33—38栋）", "完成12个点位", "雷振华", "工程维修部", 5, 30, "1.8万元（待批）"),
            ("检查", "电动车入楼专项检查", "每晚一次", "邹志勇", None, 1, 30, None),
        ),
        WORKS: (
            ("维修保养", "1—14栋表前阀排查更换", "同批次阀门全部更换", "任海涛", "客户服务部", 3, 25, "材料费4200元"),
            ("维修保养", "地下车库2区排水沟盖板更换", "平整牢固、无松动", "罗铁成", "特勤部", 8, 15, None),
            ("维修保养", "40栋外墙空鼓修补", "验收合格", "许国栋", "特勤部", 10, 25, "外委1.2万元"),
            ("检查", "冬季防冻检查", "外露管道保温完好", "贾长林", None, 16, 27, "保温材料900元"),
            ("培训", "登高与动火作业安全培训", "合格率100%", "罗铁成", None, 12, 12, None),
        ),
        CLEAN: (
            ("日常", "落叶清扫加班次", "主干道无积叶", "阎秀梅", None, 1, 30, None),
            ("维修保养", "乔木冬季修剪", "完成东区", "常根生", "特勤部", 9, 28, "高枝车租赁1400元"),
            ("检查", "楼道拖洗新班次检查", "合格率95%以上", "阎秀梅", "客户服务部", 2, 27, None),
        ),
    },
}


def department_reports(month: Month) -> dict[str, Table]:
    """The five tables of each department's report."""
    return {department: _department_report(month, department) for department in DEPARTMENTS}


def _department_report(month: Month, department: str) -> Table:
    number, following = month.number, month.next
    return {
        "done": _numbered(
            {"work": work, "person": person, "finished": month.day(day), "result": result}
            for work, person, day, result in DONE[number][department]
        ),
        "unfinished": _numbered(
            {"item": item, "reason": reason, "measure": measure, "person": person, "milestone": milestone}
            for item, reason, measure, person, milestone in UNFINISHED[number][department]
        ),
        "checks": [
            {"name": name, "times": times, "failed": failed, "fixed": fixed, "remark": remark}
            for name, times, failed, fixed, remark in CHECKS[number][department]
        ],
        "staff": [_post(month, department, position, planned) for position, planned in POSTS[department].items()],
        "next_plan": _numbered(
            {
                "kind": kind,
                "work": work,
                "target": target,
                "person": person,
                "support": support,
                "started": following.day(start),
                "ended": following.day(end),
                "resources": resources,
                "remark": None,
            }
            for kind, work, target, person, support, start, end, resources in PLANS[number][department]
        ),
    }


def _numbered(rows: Any) -> Rows:
    return [{"seq": n, **row} for n, row in enumerate(rows, 1)]


def _post(month: Month, department: str, position: str, planned: int) -> dict[str, Any]:
    people = [one for one in staff() if one.department == department and one.position == position]
    return {
        "position": position,
        "planned": planned,
        "on_duty": sum(one.serving(month.last) for one in people),
        "joined": sum(month.first <= one.joined <= month.last for one in people),
        "left": sum(one.left is not None and month.first <= one.left <= month.last for one in people),
    }


# --- staff ----------------------------------------------------------------------------------------------------


def certificates(month: Month) -> Rows:
    """Everyone on the staff at the end of the month, and who left in it."""
    order = {name: n for n, name in enumerate((OFFICE, *DEPARTMENTS))}
    people = [one for one in staff() if one.joined <= month.last and (one.left is None or one.left >= month.first)]
    rows = []
    for one in sorted(people, key=lambda one: order[one.department]):
        name, number, issued, expires = one.certificate or (None, None, None, None)
        rows.append(
            {
                "name": one.name,
                "department": one.department,
                "position": one.position,
                "manager": one.manager or None,
                "visits_due": one.visits or None,
                "joined": one.joined,
                "certificate": name,
                "certificate_no": number,
                "issued": issued,
                "expires": expires,
                "pretrained_on": one.joined
                + timedelta(days=1 if one.joined.year == 2026 and one.joined.month >= 9 else 3),
                "pretrained": True,
                "on_duty": one.joined + timedelta(days=4),
                "left": one.left if one.left is not None and one.left <= month.last else None,
                "remark": "入职未满一年，证书报考中" if one.manager and one.certificate is None else None,
            }
        )
    return _numbered(rows)


# --- survey ---------------------------------------------------------------------------------------------------

HANDED, RETURNED = 360, 348
_ANSWERS = {  # 很满意, 满意, 一般, 不满意, 很不满意
    "客服": (182, 131, 25, 5, 1),
    "安全秩序": (171, 126, 35, 9, 3),
    "维修": (176, 118, 37, 10, 2),
    "保洁": (188, 121, 28, 6, 2),
    "绿化": (179, 128, 30, 5, 1),
    "设施": (150, 125, 52, 13, 4),
    "收费": (158, 127, 44, 9, 3),
    "总体": (173, 134, 32, 6, 1),
}


def satisfaction() -> Rows:
    """The survey of the second half-year, taken in October; who left an item out is not in its denominator."""
    return [_survey_row(item, *_ANSWERS[item]) for item in SURVEY_ITEMS]


def _survey_row(item: str, very: int, satisfied: int, fair: int, poor: int, bad: int) -> dict[str, Any]:
    answered = very + satisfied + fair + poor + bad
    points = 5 * very + 4 * satisfied + 3 * fair + 2 * poor + bad
    return {
        "item": item,
        "handed": HANDED,
        "returned": RETURNED,
        "return_rate": RETURNED / HANDED,
        "very_satisfied": very,
        "satisfied": satisfied,
        "fair": fair,
        "dissatisfied": poor,
        "very_dissatisfied": bad,
        "unanswered": RETURNED - answered,
        "rate": (answered - poor - bad) / answered,
        "score": round(points / answered * 20, 2),
    }


# --- words of the report --------------------------------------------------------------------------------------

# 类别, 内容, 改进措施, 责任人, 完成时限
NARRATIVE: dict[int, tuple[tuple[str, str, str | None, str | None, date | None], ...]] = {
    9: (
        (
            "本月概述",
            "本月各项工作按计划推进，重点做了三季度催缴、国庆前安全检查和汛后管网疏通；西区突发停电一次，处置及时。",
            None,
            None,
            None,
        ),
        ("合同目标", "公共设施设备完好", "完成", "罗铁成", None),
        ("合同目标", "每季度公布公共收益", "完成", "彭佳慧", None),
        ("合同目标", "绿化养护达到约定等级", "未完成", "阎秀梅", None),
        ("设施设备运行", "供电：9月8日西区因外线故障停电，供电公司当晚修复；其余时间正常。", None, "罗铁成", None),
        ("设施设备运行", "给排水、二次供水正常，水箱清洗消毒后水质检测合格。", None, "罗铁成", None),
        ("设施设备运行", "消防系统正常，烟感误报两次，已更换探测器。", None, "罗铁成", None),
        (
            "存在问题与改进",
            "投诉首次回复有超过24小时的，夜间接诉后没有及时转办。",
            "夜班接诉直接电话转部门主管，次日八点前客服复核回复情况",
            "彭佳慧",
            date(2026, 10, 10),
        ),
        (
            "存在问题与改进",
            "报修及时率没有达到98%，下水疏通、给排水类夜间派工衔接不好。",
            "维修夜班由一人增加到两人，超时限前两小时系统提醒",
            "罗铁成",
            date(2026, 10, 15),
        ),
        ("下月工作重点", "国庆长假值守、满意度调查、西区管网疏通。", None, MANAGER, None),
        ("需公司协调事项", "前台叫号机采购请尽快批复付款。", "请财务部10月10日前支付预付款", "彭佳慧", None),
    ),
    10: (
        (
            "本月概述",
            "国庆长假值守平稳，下半年满意度调查、西区管网疏通、公共照明时控调整等重点工作完成；物业费收缴率回升，投诉全部在24小时内回复。",
            None,
            None,
            None,
        ),
        (
            "本月概述",
            "电梯困人、管井跑水各一起，处置及时无人员受伤；高空坠物砸车一起，公安机关正在调查。",
            None,
            None,
            None,
        ),
        ("合同目标", "公共设施设备完好", "完成", "罗铁成", None),
        ("合同目标", "每半年一次满意度调查", "完成", "彭佳慧", None),
        ("合同目标", "绿化养护达到约定等级", "完成", "阎秀梅", None),
        ("设施设备运行", "供电系统全月正常，监控中心电表10月17日更换。", None, "罗铁成", None),
        ("设施设备运行", "给排水正常；12栋1单元表前阀开裂跑水，已更换并对同批次阀门列计划排查。", None, "罗铁成", None),
        ("设施设备运行", "消防设施月检合格，1处喷淋末端压力表待配件。", None, "罗铁成", None),
        ("设施设备运行", "二次供水水箱上月已清洗消毒，本月抽检余氯合格。", None, "罗铁成", None),
        (
            "存在问题与改进",
            "零修有返工，修后检查不细，配件质量把关不严。",
            "维修完成后由本人试用检查并拍照，同一配件返修两次的停用该供应商",
            "罗铁成",
            date(2026, 11, 20),
        ),
        (
            "存在问题与改进",
            "用水降幅没有达到5%，绿化取水仍有漫灌。",
            "东区改装喷灌接头12处，取水点挂表定额",
            "阎秀梅",
            date(2026, 11, 30),
        ),
        (
            "存在问题与改进",
            "有一名客服人员上门拜访不足5户，月底赶任务。",
            "每周排定拜访户，周例会核对进度",
            "彭佳慧",
            date(2026, 11, 27),
        ),
        ("下月工作重点", "四季度催缴、119消防演练、1—14栋表前阀更换、冬季防冻检查。", None, MANAGER, None),
        ("需公司协调事项", "33—38栋仰拍摄像头方案和预算（1.8万元）请批复。", "请总经办11月10日前批复", "雷振华", None),
        ("需公司协调事项", "往年欠费户律师函文本请法务尽快审定。", "请法务11月13日前返回文本", "许立民", None),
    ),
}


def narrative(month: Month) -> Rows:
    """The words of the report, numbered within each section."""
    rows: Rows = []
    for section, content, measure, person, deadline in NARRATIVE[month.number]:
        number = 1 + sum(row["section"] == section for row in rows)
        rows.append(
            {
                "section": section,
                "seq": number,
                "content": content,
                "measure": measure,
                "person": person,
                "deadline": deadline,
            }
        )
    return rows


def leader(department: str) -> str:
    """Who signs a department's report."""
    return SUPERVISORS[department]
