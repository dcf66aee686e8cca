"""The words on the map: streets with their codes and their former names, roads, communities, estates, shops.

Streets bear real names and codes of Wuhan; which of them were renamed or merged, and when, is made up. Every word can be
written in GBK.
"""

from __future__ import annotations

from dataclasses import dataclass

STREETS: dict[int, str] = {
    420102: "002大智 003一元 004车站 005四唯 006永清 007西马 008球场 009劳动 010二七 011新村 012丹水池 017后湖",
    420103: "001民族 002花楼 003水塔 004民权 005满春 006民意 007新华 008万松 009唐家墩 012常青",
    420104: "001古田 002韩家墩 003宗关 004汉水桥 005宝丰 006荣华 008汉中 009汉正 010六角亭 011长丰",
    420105: "002建桥 004晴川 005鹦鹉 006洲头 007五里墩 008琴断口 009江汉二桥 010永丰 011江堤 012四新 013龙阳",
    420106: "001积玉桥 002杨园 003徐家棚 005粮道 006中华路 007黄鹤楼 008紫阳 009白沙洲 010首义路 011中南路 012水果湖 "
    "013珞珈山 015南湖",
    420107: "001红卫路 002冶金 003新沟桥 004红钢城 005工人村 006青山镇 007厂前 008武东 010钢花村",
    420111: "001珞南 002关山 003狮子山 004张家湾 005梨园 006卓刀泉 008和平 009青菱 061八吉府 080关东 081花山 082左岭 "
    "083九峰",
    420112: "001吴家山 002柏泉 003将军路 005慈惠 006走马岭 007径河 008长青 011辛安渡 012东山 015金银湖",
    420113: "001纱帽 002邓南 003东荆 004湘口 101水洪 102汉南 103大咀 104银莲湖",
    420114: "001蔡甸 002奓山 003永安 004侏儒山 005大集 006张湾 007索河 008玉贤 070沌口 071军山 101消泗",
    420115: "001纸坊 002金口 003乌龙泉 005郑店 007五里界 008金水 009安山 010山坡 014法泗 015湖泗 016舒安 087豹澥 088龙泉",
    420116: "001前川 002祁家湾 003横店 004罗汉寺 005滠口 006六指 007天河 008王家河 009长轩岭 010李集 011姚集 012蔡榨 "
    "101木兰",
    420117: "001邾城 002阳逻 003仓埠 004汪集 005李集 006三店 007潘塘 008旧街 009双柳 102凤凰",
}
"""District -> its streets as they are called today: the last three digits of the code, and the name without 街道 or 镇."""


@dataclass(frozen=True)
class Change:
    """What became of a street.

    Attributes:
        street: place of the street of today in its district's list, from 0.
        old: the name that is no more, in full.
        day: first day of the new state, ``YYYY-MM-DD``.
        code: last three digits of the closed code where a street was merged; '' where it was renamed and kept its code.
    """

    street: int
    old: str
    day: str
    code: str = ""


CHANGES: dict[int, tuple[Change, ...]] = {
    420102: (Change(1, "洞庭街道", "2009-07-01"), Change(11, "谌家矶街道", "2016-03-01", "016")),
    420103: (Change(6, "航空街道", "2011-05-01"), Change(7, "北湖街道", "2017-09-01", "010")),
    420104: (Change(9, "长丰乡", "2008-10-01"), Change(8, "仁寿街道", "2014-06-01", "007")),
    420105: (Change(3, "翠微街道", "2010-04-01"), Change(1, "月湖街道", "2013-12-01", "003")),
    420106: (Change(5, "大成街道", "2012-08-01"), Change(12, "石洞街道", "2019-02-01", "014")),
    420107: (Change(0, "红卫街道", "2007-11-01"), Change(8, "白玉山街道", "2020-06-01", "009")),
    420111: (Change(6, "洪山乡", "2006-09-01"), Change(1, "东湖街道", "2018-01-01", "007")),
    420112: (Change(9, "金银潭办事处", "2013-03-01"), Change(1, "新沟镇街道", "2021-05-01", "014")),
    420113: (Change(0, "纱帽镇", "2010-10-01"), Change(3, "乌金农场", "2015-07-01", "005")),
    420114: (Change(3, "侏儒街道", "2014-11-01"), Change(8, "沌阳街道", "2022-04-01", "072")),
    420115: (Change(0, "纸坊镇", "2003-12-01"), Change(9, "湖泗镇", "2012-02-01", "110")),
    420116: (Change(4, "滠口镇", "2009-01-01"), Change(6, "三里桥街道", "2020-09-01", "014")),
    420117: (Change(1, "阳逻镇", "2005-06-01"), Change(2, "辛冲街道", "2023-03-01", "011")),
}
"""District -> one street that was renamed and one that took in another."""

FOUNDED = "2000-01-01"
"""From this day on the register of divisions is kept."""

TRUNKS = {
    420102: "中山大道",
    420103: "中山大道",
    420104: "中山大道",
    420105: "鹦鹉大道",
    420106: "和平大道",
    420107: "和平大道",
    420111: "珞喻路",
    420112: "金山大道",
    420113: "兴城大道",
    420114: "汉阳大道",
    420115: "文化大道",
    420116: "黄陂大道",
    420117: "文昌大道",
}
"""District -> the road through all of its streets; some go on in the next district under the same name."""

COMMON_ROADS = (
    "人民路",
    "建设路",
    "新华路",
    "友谊路",
    "胜利街",
    "文化路",
    "解放路",
    "长江路",
    "团结街",
    "青年路",
    "体育街",
    "站前路",
    "学府路",
    "光明街",
    "中心街",
    "环城路",
)
"""Roads of these names are in every district."""

ROAD_FIRST = (
    "长永金新安兴丰华昌顺福瑞祥庆宏泰恒盛广通汇云锦翠碧秀玉珠银霞松柏梅兰竹桂枫柳荷菊春夏秋冬晨晓星月山水江湖河泉溪石"
)
ROAD_SECOND = "宁康乐和平安定远达业源泽润景阳明辉光耀台园林苑桥渡港湾洲岭坡岗塘井口门城关堡寨村庄店铺集市场圩堤闸坝渠沟"
ROAD_ENDINGS = ("路", "街", "大道", "巷")
CONFUSED = "常咏今欣案幸峰桦畅训"
"""Written by mistake in place of a character of a road's name; none of them is in the name of any road."""

COMMUNITY_FIRST = "扬惠吉沿滨育红向怡同友学航汉楚鄂琴龟蛇晴"
COMMUNITY_SECOND = "子民堂江湖才旗阳心德爱府运口韵渚台山川岚"

ESTATE_FIRST = (
    "阳光",
    "金色",
    "翠堤",
    "世纪",
    "东方",
    "南湖",
    "绿洲",
    "丽水",
    "香榭",
    "锦绣",
    "万景",
    "名都",
    "江南",
    "学府",
    "水岸",
    "星河",
    "天顺",
    "融景",
    "福海",
    "百瑞",
    "梅园",
    "竹苑",
    "枫林",
    "玫瑰",
    "紫荆",
    "银杏",
    "海棠",
    "清江",
    "长航",
    "铁路",
)
ESTATE_SECOND = (
    "花园",
    "家园",
    "小区",
    "新村",
    "华庭",
    "公馆",
    "雅苑",
    "佳苑",
    "名邸",
    "国际",
    "花城",
    "御景",
)

CHAINS: dict[str, tuple[str, ...]] = {
    "01": ("市民服务中心", "党群服务中心", "税务服务厅"),
    "02": ("阳光幼儿园", "育才小学", "新苗培训学校"),
    "03": ("社区卫生服务站", "康宁诊所", "仁爱口腔门诊"),
    "04": ("公交首末站", "公共停车场", "地铁站口"),
    "05": ("老汉口餐馆", "惠民便利店", "百姓大药房"),
    "06": ("文化活动中心", "全民健身中心", "城市书房"),
    "07": ("幸福食堂", "日间照料中心", "颐养之家"),
    "08": ("口袋公园", "社区公园", "中心广场"),
}
"""Code of `poi_category` -> names of chains and of kinds that are met all over the city."""
